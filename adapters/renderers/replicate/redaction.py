"""Removes secrets and control characters from texts of the provider, and cuts them."""

from __future__ import annotations

LONGEST_TEXT = 500
HIDDEN = "[hidden]"


class Redaction:
    """Cleans text from outside before it goes into a log line or an error."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)

    def __call__(self, text: str) -> str:
        """Return one printable line of at most `LONGEST_TEXT` characters without any of the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        line = "".join(letter if letter.isprintable() else " " for letter in text)
        line = " ".join(line.split())
        return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"

    def __repr__(self) -> str:
        return "Redaction()"
