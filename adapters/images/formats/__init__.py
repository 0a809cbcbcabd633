"""The formats of images: which parts of a file are its pixels, and what the other parts say about them."""
