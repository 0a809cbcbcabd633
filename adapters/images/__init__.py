"""Images of scenes: uploaded or fetched, decoded as a check before anybody uses them, kept as files."""
