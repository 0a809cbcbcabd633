"""Images of scenes: uploaded or fetched, really decoded before anybody uses them, kept as files."""
