"""The calls to the provider, each with its limits and errors. Nothing is sent twice."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import structlog

from adapters import clock
from adapters.renderers.replicate.http import ApiAnswer, Broken, Call, Http
from adapters.renderers.replicate.model import Misconfigured, ModelRef
from adapters.renderers.replicate.outcomes import (
    CREATED,
    answer_time,
    broken_create,
    create_error,
    detail,
    read_error,
    read_object,
)
from adapters.renderers.replicate.prediction import Prediction, read_prediction, read_time
from adapters.renderers.replicate.redaction import Redaction
from domain.errors import NotFound, OutcomeUnknown, Refused, Unavailable

MOST_LIST_PAGES = 100
SHORTEST_CANCEL_AFTER_SECONDS = 5
"""The least that the provider accepts."""
CLOCKS_AGREE_WITHIN = timedelta(seconds=10)
ACCOUNT_LETTERS = 16
"""So short that it tells accounts apart and verifies no guess of a token."""

_NO_FILES_API = frozenset({404, 405, 501})
_NOTHING_TO_CANCEL = frozenset({404, 409, 410, 422})
_FILE = re.compile(r"https?://[^/?#]+/(?:[^?#]*/)?files/(?P<id>[A-Za-z0-9_-]+)")
"""An upload: behind a gateway it has the address of another host, and is asked for at ours."""
_TOKEN = re.compile(r"[\x21-\x7e]+")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The address of the provider, and how long one call to it may take in all."""

    token: str = field(repr=False)
    base_url: str = "https://api.replicate.com/v1"
    create_timeout_seconds: float = 10.0
    request_timeout_seconds: float = 20.0
    upload_timeout_seconds: float = 120.0
    render_timeout_seconds: float | None = None
    """How long a render may take: for advice alone."""
    on_status: Callable[[str], None] = lambda _code: None
    """Called with the status of every answer, or `timeout` or `broken` where none came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file at the provider; `url` is what goes into an input. `expires_at` is by our clock."""

    url: str
    name: str
    expires_at: datetime | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page of the list, newest first. `seen_at` is the provider's time of it, None where it sent none."""

    items: tuple[Prediction, ...]
    following: Call | None
    seen_at: datetime | None


class NoFilesApi(Refused):
    """The provider, or the gateway before it, takes no uploads."""


def is_file_url(url: str) -> bool:
    """Tell whether the URL may be one of the provider's files API."""
    return _FILE.fullmatch(url) is not None


def account_of(access: Access) -> str:
    """Return the name of an account: a short hash of the base URL and the token."""
    text = f"reelwright account\n{str(httpx.URL(access.base_url)).rstrip('/')}\n{access.token}"
    return hashlib.sha256(text.encode()).hexdigest()[:ACCOUNT_LETTERS]


class ReplicateClient:
    """Calls one provider under one token, which no error, log line or repr ever shows.

    `http` replaces the connections that it would open.
    """

    def __init__(
        self,
        access: Access,
        *,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        http: Http | None = None,
    ) -> None:
        if not _TOKEN.fullmatch(access.token):
            raise Misconfigured("the provider's token is empty or has a letter that no header can carry")
        base = httpx.URL(access.base_url)
        if base.scheme not in ("http", "https") or not base.host or base.userinfo:
            raise Misconfigured("the provider's base URL must be http(s)://host/… without user and password")
        self._access = access
        self.account = account_of(access)
        self._http = http or Http(access.base_url, access.token, on_status=access.on_status)
        self._now = now
        self._monotonic = monotonic
        self._ahead = timedelta(0)
        self._told: tuple[datetime, float] | None = None
        """A time of the provider, and our monotonic clock when it came."""
        self.clean = Redaction(access.token)
        self.create_timeout_seconds = access.create_timeout_seconds
        self.render_timeout_seconds = access.render_timeout_seconds

    async def create(self, model: ModelRef, model_input: Mapping[str, object], *, deadline: datetime) -> Prediction:
        """Create a prediction that the provider itself cancels at `deadline`.

        Raises Unavailable (nothing was created), Refused (nothing was created and never will), OutcomeUnknown.
        """
        left = (deadline - self._now()).total_seconds()
        call = Call(
            method="POST",
            path=model.create_path,
            headers={"Cancel-After": f"{max(math.ceil(left), SHORTEST_CANCEL_AFTER_SECONDS)}s"},
            json=model.body(model_input),
            new_connection=True,
        )
        try:
            answer = await self._http.send(call, timeout_seconds=self.create_timeout_seconds)
        except Broken as error:
            raise broken_create(error, clean=self.clean) from error
        self._compare_clocks(answer)
        if answer.status not in CREATED:
            raise create_error(answer, now=self._now(), clean=self.clean)
        prediction = read_prediction(read_object(answer))
        if prediction is None:
            raise OutcomeUnknown("The provider's answer to the create names no prediction")
        return prediction

    async def get(self, render_id: str) -> Prediction:
        """Return a prediction as it is now, with the provider's time in `seen_at`. Raises Unavailable, NotFound."""
        body, seen_at = await self._ask(Call(method="GET", path=f"predictions/{quote(render_id, safe='')}"))
        return self._prediction(body).model_copy(update={"seen_at": seen_at})

    async def cancel(self, render_id: str) -> None:
        """Cancel a render; nothing happens where it has ended or is unknown. Raises Unavailable."""
        call = Call(method="POST", path=f"predictions/{quote(render_id, safe='')}/cancel")
        answer = await self._send(call, timeout_seconds=self._access.request_timeout_seconds)
        if answer.status in _NOTHING_TO_CANCEL:
            log.warning("replicate_cancel_left_alone", render_id=render_id, status=answer.status)
        elif not httpx.codes.is_success(answer.status):
            raise Unavailable(f"The provider did not take the cancel: {self.clean(detail(answer))}")

    async def page(self, call: Call | None) -> ListedPage:
        """Return a page of the list of predictions: None the newest one, else one that an earlier page names.

        Raises Unavailable.
        """
        try:
            page, seen_at = await self._ask(call or Call(method="GET", path="predictions"))
        except NotFound as error:
            raise Unavailable(f"The provider has no list here: {error}") from error
        results = page.get("results")
        if not isinstance(results, list):
            raise Unavailable("The provider's list has no results")
        items = tuple(self._prediction(item) for item in results)
        return ListedPage(items=items, following=self._following(page.get("next")), seen_at=seen_at)

    async def predictions(self, *, since: datetime) -> AsyncIterator[Prediction]:
        """Yield every prediction created at or after `since`, by our clock, newest first.

        Raises Unavailable where not all of the list could be read.
        """
        call: Call | None = None
        for _ in range(MOST_LIST_PAGES):
            page = await self.page(call)
            ages = [item.created_at is not None and self.ours(item.created_at) < since for item in page.items]
            for item, is_older in zip(page.items, ages, strict=True):
                if not is_older:
                    yield item
            call = page.following
            if call is None or (ages and all(ages)):
                return
        raise Unavailable(f"The provider's list is longer than {MOST_LIST_PAGES} pages")

    async def upload(self, name: str, content: bytes, content_type: str) -> UploadedFile:
        """Store a file at the provider. Raises Unavailable, Refused, NoFilesApi; an unused file costs nothing."""
        call = Call(method="POST", path="files", files={"content": (name, content, content_type)})
        answer = await self._send(call, timeout_seconds=self._access.upload_timeout_seconds)
        if answer.status in _NO_FILES_API:
            raise NoFilesApi(f"The provider takes no uploads: {self.clean(detail(answer))}")
        if answer.status not in CREATED:
            error = create_error(answer, now=self._now(), clean=self.clean)
            raise Unavailable(f"An image was not uploaded: {error}") if isinstance(error, OutcomeUnknown) else error
        return self._file(read_object(answer))

    async def file(self, url: str) -> UploadedFile:
        """Return what the provider knows of a file that it once gave this URL. Raises Unavailable, NotFound."""
        found = _FILE.fullmatch(url)
        if found is None:
            raise NotFound("not a file of this provider")
        return self._file((await self._ask(Call(method="GET", path=f"files/{found['id']}")))[0])

    async def describe(self, path: str) -> Mapping[str, object]:
        """Return the JSON object at a path, such as a model. Raises Unavailable, NotFound."""
        return (await self._ask(Call(method="GET", path=path)))[0]

    @property
    def provider_time(self) -> datetime | None:
        """Return what time it is at the provider, whatever our clock says; None where it never told."""
        if self._told is None:
            return None
        told, at = self._told
        return told + timedelta(seconds=self._monotonic() - at)

    def ours(self, provider_time: datetime) -> datetime:
        """Return a time of the provider by our clock, as far as its answers have shown the difference."""
        return provider_time - self._ahead

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _send(self, call: Call, *, timeout_seconds: float) -> ApiAnswer:
        try:
            answer = await self._http.send(call, timeout_seconds=timeout_seconds)
        except Broken as error:
            raise Unavailable(f"The provider cannot be asked: {self.clean(str(error))}") from error
        self._compare_clocks(answer)
        return answer

    def _compare_clocks(self, answer: ApiAnswer) -> None:
        """Note how far the provider's clock is ahead of ours."""
        provider_time = answer_time(answer)
        if provider_time is not None:
            self._told = provider_time, self._monotonic()
            ahead = provider_time - self._now()
            self._ahead = ahead if abs(ahead) > CLOCKS_AGREE_WITHIN else timedelta(0)

    async def _ask(self, call: Call) -> tuple[Mapping[str, object], datetime | None]:
        """Return the JSON object of an answer, and the provider's time of it."""
        answer = await self._send(call, timeout_seconds=self._access.request_timeout_seconds)
        if answer.status != httpx.codes.OK:
            raise read_error(answer, now=self._now(), clean=self.clean)
        body = read_object(answer)
        if body is None:
            raise Unavailable("The provider's answer is no JSON object")
        return body, answer_time(answer)

    def _prediction(self, raw: object) -> Prediction:
        prediction = read_prediction(raw)
        if prediction is None:
            raise Unavailable("The provider's answer is no prediction")
        return prediction

    def _following(self, address: object) -> Call | None:
        """Return the call for the next page; one that a gateway names on another host is asked of ours."""
        if not address:
            return None
        if isinstance(address, str):
            if self._http.is_ours(address):
                return Call(method="GET", path=address)
            if (query := _list_query(address)) is not None:
                return Call(method="GET", path=f"predictions?{query}")
        raise Unavailable("The provider's list goes on at an address that is not followed")

    def _file(self, raw: Mapping[str, object] | None) -> UploadedFile:
        raw = raw or {}
        urls, sums, expires_at = raw.get("urls"), raw.get("checksums"), read_time(raw.get("expires_at"))
        url = urls.get("get") if isinstance(urls, Mapping) else None
        if not isinstance(url, str):
            raise Unavailable("The provider's answer names no file")
        sha256 = sums.get("sha256") if isinstance(sums, Mapping) else None
        return UploadedFile(
            url=url,
            name=str(raw.get("name") or ""),
            expires_at=None if expires_at is None else self.ours(expires_at),
            sha256=sha256 if isinstance(sha256, str) else None,
        )


def _list_query(address: str) -> str | None:
    """Return the query of an address of the list of predictions, None where it is none."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return None
    is_list = url.path.rstrip("/").endswith("/predictions") and url.scheme in ("", "http", "https")
    return url.query.decode() if is_list and url.query else None
