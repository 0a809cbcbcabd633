"""The HTTP interface: what every request passes, and what all answers share. Routes are in `api/` and `pages/`."""
