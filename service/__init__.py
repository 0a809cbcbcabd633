"""The program: command line, HTTP, and the loops that move jobs. Only `wiring.py` here knows the adapters."""
