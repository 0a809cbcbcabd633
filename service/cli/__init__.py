"""The command line. Importing it costs nothing: the verbs are loaded when they are called."""

from __future__ import annotations


def main() -> int:
    """Run the command line and return the exit code."""
    from service.cli.root import run  # noqa: PLC0415 - the entry point stays importable without click

    return run()
