"""The program, in rooms: `docs/architecture.md` walks through them. Only `wiring/` knows the adapters."""
