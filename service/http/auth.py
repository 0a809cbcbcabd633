"""Who may use the API: a client with the token, a browser that has logged in, or somebody with a signed link.

Cookie and links are signed with a key that is made from the token: a new token makes all of them invalid.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.requests import HTTPConnection

from service.http.problems import Problem

COOKIE: Final = "reelwright_session"
_KEY_PURPOSE: Final = b"reelwright links and sessions, 1"
_SIGNABLE: Final = re.compile(
    r"/api/(?:videos/[\w-]+/(?:data|thumbnail)|images/[0-9a-f]{64}|jobs/[\w-]+/scenes/\d+/image)", re.ASCII
)
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="reelwright"'}


def signed_url(path: str, *, token: str, expires_at: datetime) -> str:
    """Return `path` with a signature that lets anybody read it until `expires_at`. Only files can be signed."""
    expires = int(expires_at.timestamp())
    query = urlencode({"expires": expires, "signature": _sign(token, _link_text(path, expires))})
    return f"{path}?{query}"


def session_cookie(*, token: str, expires_at: datetime) -> str:
    """Return the value of the session cookie. Set it with HttpOnly and SameSite=Strict."""
    expires = int(expires_at.timestamp())
    return f"{expires}.{_sign(token, _session_text(expires))}"


def is_token(given: str, token: str) -> bool:
    """Tell whether `given` is the token, in constant time; spaces around it do not count."""
    return _equal(given.strip().encode("latin-1", "replace"), token)


class TokenGuard:
    """Checks each request below `/api` when a token is set."""

    def __init__(self, token: str, *, now: Callable[[], datetime]) -> None:
        self._token = token
        self._now = now

    def check(self, request: HTTPConnection) -> None:
        """Raise Problem unless the request may pass."""
        if not (self._has_token(request) or self._has_session(request) or self._has_link(request)):
            raise Problem(
                "unauthorized", "The request carries no valid token, session or signature", headers=_CHALLENGE
            )

    def _has_token(self, request: HTTPConnection) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and is_token(given, self._token)

    def _has_session(self, request: HTTPConnection) -> bool:
        expires, _, signature = request.cookies.get(COOKIE, "").partition(".")
        return self._is_current(expires) and _equal(signature.encode(), _sign(self._token, _session_text(expires)))

    def _has_link(self, request: HTTPConnection) -> bool:
        path = request.scope["path"]
        if request.scope["method"] not in {"GET", "HEAD"} or not _SIGNABLE.fullmatch(path):
            return False
        query = parse_qs(request.scope["query_string"].decode("latin-1"), max_num_fields=20)
        expires, signature = query.get("expires", [""])[0], query.get("signature", [""])[0]
        return self._is_current(expires) and _equal(signature.encode(), _sign(self._token, _link_text(path, expires)))

    def _is_current(self, expires: str) -> bool:
        readable = expires.isascii() and expires.isdigit() and len(expires) <= 12  # noqa: PLR2004 - year 33658
        return readable and self._now().timestamp() < int(expires)


def _session_text(expires: int | str) -> str:
    return f"session\n{expires}"


def _link_text(path: str, expires: int | str) -> str:
    return f"GET\n{path}\n{expires}"


def _sign(token: str, text: str) -> str:
    key = hmac.digest(token.encode(), _KEY_PURPOSE, hashlib.sha256)
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).rstrip(b"=").decode()


def _equal(given: bytes, expected: str) -> bool:
    """Compare in a time that depends on neither length nor content."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected.encode()).digest())
