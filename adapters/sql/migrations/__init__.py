"""The schema's history: one file per step, never changed once released. The events table is only ever extended."""
