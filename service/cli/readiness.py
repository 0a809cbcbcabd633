"""Asks a running service whether it is ready."""

from __future__ import annotations

import urllib.error
import urllib.request

ANSWER_SECONDS = 5.0
LONGEST_TEXT = 500


def ask_ready(http_url: str) -> tuple[bool, str]:
    """Return whether the service at this URL is ready, and the beginning of its answer or of the error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{http_url}/readyz", timeout=ANSWER_SECONDS) as answer:
            return True, answer.read(LONGEST_TEXT).decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return False, error.read(LONGEST_TEXT).decode(errors="replace")
    except OSError as error:
        return False, str(error)
