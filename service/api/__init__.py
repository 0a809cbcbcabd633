"""The HTTP interface: routes, what guards them, how errors look. `parts.py` is all it knows of the program's rest."""
