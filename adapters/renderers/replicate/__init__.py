"""Replicate, spoken to over plain HTTP: nothing here decides whether a render is created again."""
