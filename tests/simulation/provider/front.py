"""The provider as the wire reaches it: each call meets the faults of its temperament, and creates are booked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from adapters.renderers.replicate.http import ApiAnswer, Call
from tests.simulation.provider.account import ACCOUNTS, Books, CreateRequest
from tests.simulation.provider.api import DELIVERY, Api, account_path
from tests.simulation.provider.prediction import BookedPrediction
from tests.simulation.provider.temperament import Temperament
from tests.simulation.story import Story

NEVER_SECONDS = 1e9
"""An answer that never comes: the caller's time limit ends the wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that comes `after_seconds`; without one the connection is cut, and `sent` says what was sent."""

    answer: ApiAnswer | None = None
    after_seconds: float = 0.0
    sent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who calls: a process with its token and what its model bills, and the request of ours that a create is for."""

    process: str
    token: str
    bills_computing: bool = False
    render_token: str = ""
    job_id: str = ""


class Provider:
    """Books, API and faults. `later` lets something happen at the provider after some seconds."""

    def __init__(
        self,
        temperament: Temperament,
        books: Books,
        chance: random.Random,
        story: Story,
        later: Callable[..., None],
    ) -> None:
        self.books = books
        self.is_calm = False
        """Whether faults that pass by are over; what is lasting stays."""
        self.creates = 0
        self.sent: Counter[str] = Counter()
        """How many creates of each token of ours came, without those that were throttled or refused."""
        self._temperament = temperament
        self._api = Api(books)
        self._chance, self._story, self._later = chance, story, later

    def take(self, call: Call, sender: Sender) -> Reply:
        """Answer a call."""
        draws = self._chance.random(), self._chance.random(), self._chance.random()
        if account_path(call) is not None:
            return self._create(call, sender, draws)
        if draws[0] < self._rate(self._temperament.read_error):
            self._story.tell("provider", f"does not answer {call.method} {call.path[:60]}")
            return Reply() if draws[1] < 1 / 2 else Reply(answer=self._api.problem(503, "Service unavailable"))
        answer = self._api.answer(call, ACCOUNTS[sender.token])
        if call.method == "POST" and call.files is None:
            self._story.tell("provider", f"{call.path}: {answer.status}")
        return Reply(answer=answer)

    def deliver(self, url: str) -> str | None:
        """Return the content that a file's address gives now: the prediction's id; None where it is gone."""
        number = int(url.removeprefix(DELIVERY).removesuffix(".mp4").removeprefix("p"))
        one = self.books.predictions[number - 1]
        return None if self.books.is_removed(one) or not one.has_ended(self.books.time()) else one.id

    def is_away(self) -> bool:
        """Tell whether the file host fails this time."""
        return self._chance.random() < self._rate(self._temperament.read_error)

    def _rate(self, rate: float) -> float:
        return 0.0 if self.is_calm else rate

    def _create(self, call: Call, sender: Sender, draws: tuple[float, float, float]) -> Reply:
        self.creates += 1
        fate = self._fate(draws[0])
        if fate != "throttled" and not self._is_never_sent(fate, draws[1]):
            self.sent[sender.render_token] += 1
        request = _request(call, sender)
        is_late = fate in ("answer lost", "error after") and self._temperament.late_create_seconds and draws[2] < 1 / 2
        if fate in ("created", "answer lost", "error after"):
            late = self._temperament.late_create_seconds * draws[1] if is_late else 0.0
            if late:
                self._later(late, self._book, request, sender, fate)
            else:
                return self._reply(fate, draws[1], self._api.created(self._book(request, sender, fate)))
        else:
            self._story.tell("provider", f"create by {sender.process} for {sender.job_id}: {fate}")
        return self._reply(fate, draws[1], None)

    def _fate(self, draw: float) -> str:
        temperament = self._temperament
        if temperament.create_always_fails:
            return "error after" if temperament.creates_despite_errors else "error before"
        fates = {
            "request lost": temperament.lost_before,
            "answer lost": temperament.lost_after,
            "error before": temperament.error_before,
            "error after": temperament.error_after,
            "throttled": temperament.throttled,
        }
        for fate, rate in fates.items():
            draw -= self._rate(rate)
            if draw < 0:
                return fate
        return "created"

    def _is_never_sent(self, fate: str, draw: float) -> bool:
        """Tell whether a lost request is one whose connection was refused, as its sender sees."""
        return fate == "request lost" and draw < 1 / 3

    def _book(self, request: CreateRequest, sender: Sender, fate: str) -> BookedPrediction:
        one = self.books.create(request)
        self._story.tell("provider", f"{one.id} created by {sender.process} for {sender.job_id} ({fate})")
        return one

    def _reply(self, fate: str, draw: float, created: ApiAnswer | None) -> Reply:
        match fate:
            case "created":
                return Reply(answer=created)
            case "throttled":
                headers = {"retry-after": str(int(1 + draw * 8))}
                return Reply(answer=self._api.problem(429, "Request was throttled", headers))
            case "error before" | "error after":
                return Reply(answer=self._api.problem(500 if draw < 1 / 2 else 502, "Internal server error"))
            case _ if self._is_never_sent(fate, draw):
                return Reply(sent=False)
            case _:
                return Reply() if draw < 2 / 3 else Reply(after_seconds=NEVER_SECONDS)


def _request(call: Call, sender: Sender) -> CreateRequest:
    body = call.json
    assert isinstance(body, dict)
    found = account_path(call)
    assert found is not None
    return CreateRequest(
        account=ACCOUNTS[sender.token],
        model=found["model"] or "vendor/film",
        version=body.get("version"),
        sent=body["input"],
        cancel_after=float(call.headers["Cancel-After"].removesuffix("s")),
        token=sender.render_token,
        job_id=sender.job_id,
        bills_computing=sender.bills_computing,
    )
