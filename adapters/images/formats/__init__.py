"""The image formats: which parts of a file are pixels, and which are metadata."""
