"""The world outside: databases, the bus, renderers, files. Each implements a port of `domain/ports.py`."""
