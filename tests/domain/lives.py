"""Random lives of a job: sensible commands mixed with every senseless one, kept or refused as the domain decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from domain import commands as c
from domain import events as e
from domain.cost import Prices
from domain.decide import decide
from domain.errors import IllegalMove
from domain.evolve import evolve
from domain.job import Job
from domain.retry import RetryPolicy
from domain.steps import StepKind, next_steps
from tests.domain.scenario import (
    AT,
    CANCEL,
    EXPIRES,
    NEW,
    POLICY,
    PRICES,
    TIMEOUT,
    UNTIL,
    accept,
    adopt,
    approve,
    complete,
    defer,
    fail,
    fail_download,
    leave,
    progress,
    refuse,
    request,
    retry,
    settle,
    store,
    succeed,
)

LENGTHS = st.sampled_from([2, 10, 20, 40])
"""Commands in one life."""
TOLD = {"token", "render_id", "outcome", "percent", "cost", "permanent"}
TOKENS = ["token-1", "token-2", "token-3", "token-4", "token-5"]
COSTS = [Decimal(0), Decimal("0.004"), Decimal("0.25")]
OTHER_PRICES = Prices(per_image=Decimal("0.001"), per_second=Decimal("0.07"))
POLICIES = [POLICY, None, RetryPolicy(max_retries=0), RetryPolicy(max_retries=5, backoff_seconds=0.1)]


def _of_token(token: str) -> list[c.Command]:
    """Every command that names a render, for one token."""
    return [
        *(request(token, prices) for prices in (PRICES, OTHER_PRICES)),
        *(accept(token, f"render-{token}{twin}") for twin in ("", "-twin")),
        *(defer(token, absent=absent) for absent in (False, True)),
        leave(token),
        *(adopt(f"render-{token}{twin}", token) for twin in ("", "-twin")),
        *(fail(token, cost=cost, retry=policy) for cost in COSTS for policy in POLICIES),
        succeed(token),
        succeed(token, duration_seconds=None, billed_seconds=7.5),
        succeed(token, duration_seconds=None, expires_at=None, output_url="local:out"),
        *(settle(token, render_id, cost=cost) for render_id in (None, f"render-{token}") for cost in COSTS),
    ]


WITHOUT_TOKEN: list[c.Command] = [
    *(approve(storyboard_hash) for storyboard_hash in ("hash-1", "hash-2")),
    approve(estimated_cost=None),
    *(refuse(received_hash) for received_hash in ("bytes-1", "bytes-2")),
    *(progress(percent, scenes) for percent in (-40, 3, 20, 55, 100, 1000) for scenes in (0, 2)),
    *(fail_download(at=at) for at in (AT, UNTIL, EXPIRES)),
    fail_download(permanent=True),
    *(store(sha256 * 64) for sha256 in "ab"),
    *(complete(prices=prices) for prices in (PRICES, OTHER_PRICES)),
    TIMEOUT,
    CANCEL,
    *(retry(at) for at in (AT, EXPIRES + timedelta(seconds=1))),
]
SENSELESS: list[c.Command] = [
    *WITHOUT_TOKEN,
    *(each for token in [*TOKENS, "foreign"] for each in _of_token(token)),
]


def most_urgent(job: Job) -> StepKind | None:
    """Return what a worker would do first."""
    return next((step.kind for step in next_steps(job)), None)


def sensible(job: Job) -> list[c.Command]:
    """Return what a worker or a person would ask for now."""
    token = job.render.token if job.render else TOKENS[0]
    fresh = TOKENS[min(len(job.renders), len(TOKENS) - 1)]
    match most_urgent(job):
        case StepKind.REQUEST:
            return [request(fresh), request(token)]
        case StepKind.RECONCILE:
            return [accept(token, f"render-{token}"), defer(token), leave(token), fail(token, retry=None)]
        case StepKind.FOLLOW:
            return [
                succeed(token),
                succeed(token),
                progress(job.percent + 20),
                fail(token, cost=COSTS[2]),
                TIMEOUT,
                CANCEL,
            ]
        case StepKind.DOWNLOAD:
            return [store(), fail_download(), fail_download(at=UNTIL)]
        case StepKind.COMPLETE:
            return [complete()]
        case StepKind.SETTLE:
            return [settle(job.open_renders[0].token, outcome="not_created"), settle(token, f"render-{token}")]
        case None:
            return [approve(), refuse(), retry()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One command, the job before it, and what came of it; `refused` where it was an illegal move."""

    before: Job
    command: c.Command
    events: tuple[e.Event, ...]
    after: Job
    refused: bool = False


class Life:
    """All that happened to one job, in order."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.moments = tuple(moments)

    def __repr__(self) -> str:
        return "\n".join(["", *map(_line, self.moments)])

    @property
    def history(self) -> tuple[e.Event, ...]:
        """The events, oldest first."""
        return tuple(event for moment in self.moments for event in moment.events)

    @property
    def states(self) -> tuple[Job, ...]:
        """The job after 0, 1, 2 … events."""
        states = [NEW]
        for event in self.history:
            states.append(evolve(states[-1], event))
        return tuple(states)


def _line(moment: Moment) -> str:
    """Say in short what was asked and what came of it: a whole life has to fit on a screen."""
    command = moment.command
    given = {field.name: getattr(command, field.name) for field in fields(command) if field.name in TOLD}
    made = [type(event).__name__ for event in moment.events]
    return f"{type(command).__name__}{given or ''} -> {'refused' if moment.refused else made}"


def live(job: Job, command: c.Command) -> Moment:
    """Give one command. Anything but IllegalMove that goes wrong fails the test."""
    try:
        events = decide(command, job)
    except IllegalMove:
        return Moment(before=job, command=command, events=(), after=job, refused=True)
    after = job
    for event in events:
        after = evolve(after, event)
    return Moment(before=job, command=command, events=events, after=after)


ANY_COMMAND = st.sampled_from(SENSELESS)
CHOICES = st.integers(-4, 11)
"""Below 0 any command at all, else one of up to six sensible ones."""


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Draw a life: three of four commands are sensible, so that all stages are reached."""
    moments: list[Moment] = []
    job = NEW
    for _ in range(draw(LENGTHS)):
        choice = draw(CHOICES)
        command = draw(ANY_COMMAND) if choice < 0 else (wanted := sensible(job))[choice % len(wanted)]
        moments.append(live(job, command))
        job = moments[-1].after
    return Life(moments)
