"""Whole histories: exported, loaded, copied, verified, and the read model made again from them."""
