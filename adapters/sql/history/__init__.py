"""Whole histories: export, import, backup, verification, and the rebuilding of the read model."""
