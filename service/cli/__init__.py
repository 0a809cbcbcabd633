"""The command line. Importing it is cheap: a verb is loaded only when it is called."""

from __future__ import annotations


def main() -> int:
    """Run the command line and return the exit code."""
    from service.cli.root import run  # noqa: PLC0415 - the entry point can be imported without click

    return run()
