"""Databases, the bus, renderers, files. Each fulfils a port that lies beside its user in `service/`."""
