"""The renderers: `replicate` (a provider), `slideshow` (this machine), `noop` (nothing)."""
