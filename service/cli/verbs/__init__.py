"""The verbs of the command line, one a file; each is loaded when it is called."""
