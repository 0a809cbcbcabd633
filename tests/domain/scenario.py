"""Jobs at every stage, made by commands alone: what each test is given, and how it looks at what a command makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain import commands as c
from domain import events as e
from domain.cost import Prices
from domain.decide import decide
from domain.evolve import evolve
from domain.job import Job
from domain.rendering import RenderOrder
from domain.retry import RetryPolicy
from domain.steps import Step, StepKind
from domain.storyboard import OutputWishes, Scene

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
EXPIRES = AT + timedelta(hours=1)
UNTIL = AT + timedelta(seconds=3300)
PRICES = Prices()
POLICY = RetryPolicy()
SCENES = tuple(
    Scene(scene_number=number, image_url=f"https://images.example/{number}.png", duration_seconds=2.5)
    for number in (1, 2)
)
URL = "https://files.example/out.mp4"
NEW = Job(job_id="job-1")


def only(kind: StepKind) -> tuple[Step, ...]:
    """Return the set of this one step, about the whole job."""
    return (Step(kind=kind),)


def given(*commands: c.Command, job: Job = NEW) -> Job:
    """Return the job after the commands; one that is an illegal move fails the test."""
    for command in commands:
        for event in decide(command, job):
            job = evolve(job, event)
    return job


def approve(storyboard_hash: str = "hash-1", estimated_cost: Decimal | None = Decimal("2.5")) -> c.Approve:
    return c.Approve(
        storyboard=SCENES, output=OutputWishes(), storyboard_hash=storyboard_hash, estimated_cost=estimated_cost
    )


def refuse(received_hash: str = "bytes-1", reason: str = "Scene 2 is missing image") -> c.RefuseStoryboard:
    return c.RefuseStoryboard(reason=reason, received='{"job_id": "job-1"}', received_hash=received_hash)


def request(token: str = "token-1", prices: Prices = PRICES, seconds_sent: float | None = None) -> c.RequestRender:
    return c.RequestRender(
        token=token,
        order=RenderOrder(
            renderer="replicate", model="owner/name", request_hash="request-1", seconds_sent=seconds_sent
        ),
        at=AT,
        deadline=AT + timedelta(seconds=600),
        prices=prices,
    )


def accept(token: str = "token-1", render_id: str = "render-1") -> c.AcceptRender:
    return c.AcceptRender(token=token, render_id=render_id)


def defer(token: str = "token-1", *, absent: bool = False) -> c.DeferRender:
    return c.DeferRender(token=token, reason="the provider throttles", at=AT, wait_seconds=7.0, absent=absent)


def leave(token: str = "token-1") -> c.LeaveUnresolved:
    return c.LeaveUnresolved(token=token, reason="the list does not answer")


def adopt(render_id: str = "render-7", token: str = "token-1") -> c.AdoptRender:
    return c.AdoptRender(token=token, render_id=render_id, by="ada")


def progress(percent: int, scenes_completed: int = 1) -> c.ReportProgress:
    return c.ReportProgress(
        percent=percent, scenes_completed=scenes_completed, current_scene=2, estimated_completion_seconds=95
    )


def fail(
    token: str = "token-1",
    reason: str = "The model crashed",
    cost: Decimal = Decimal(0),
    retry: RetryPolicy | None = POLICY,
) -> c.FailRender:
    basis: e.Basis = "provider_metric" if cost else "not_billed"
    return c.FailRender(token=token, reason=reason, at=AT, retry=retry, cost=cost, basis=basis)


def succeed(
    token: str = "token-1",
    *,
    duration_seconds: float | None = 5.0,
    billed_seconds: float | None = None,
    output_url: str = URL,
    expires_at: datetime | None = EXPIRES,
) -> c.SucceedRender:
    return c.SucceedRender(
        token=token,
        output_url=output_url,
        duration_seconds=duration_seconds,
        expires_at=expires_at,
        download_until=UNTIL,
        prices=PRICES,
        billed_seconds=billed_seconds,
    )


def fail_download(
    reason: str = "Network error: reset", at: datetime = AT, *, permanent: bool = False
) -> c.FailDownload:
    return c.FailDownload(reason=reason, at=at, permanent=permanent)


def store(sha256: str = "a" * 64) -> c.StoreVideo:
    return c.StoreVideo(size_bytes=2048, sha256=sha256, duration_seconds=5.04, width=1280, height=720)


def complete(duration_seconds: float = 5.04, prices: Prices = PRICES) -> c.CompleteJob:
    return c.CompleteJob(
        video_url="/api/videos/job-1/data",
        duration_seconds=duration_seconds,
        prices=prices,
        threshold=Decimal("1.2"),
        size_bytes=2048,
        sha256="a" * 64,
        width=1280,
        height=720,
        codec="h264",
    )


def retry(at: datetime = AT) -> c.Retry:
    return c.Retry(by="ada", at=at)


def settle(
    token: str = "token-1", render_id: str | None = None, outcome: str = "cancelled", cost: Decimal = Decimal(0)
) -> c.SettleRender:
    basis: e.Basis = "provider_metric" if cost else "not_billed"
    return c.SettleRender(token=token, outcome=outcome, render_id=render_id, cost=cost, basis=basis)


TIMEOUT = c.FailJob(reason="Video rendering timeout")
CANCEL = c.Cancel(by="ada", reason="changed my mind")


def approved() -> Job:
    return given(approve())


def refused() -> Job:
    return given(refuse())


def requested() -> Job:
    return given(approve(), request())


def accepted() -> Job:
    return given(approve(), request(), accept())


def deferred() -> Job:
    return given(approve(), request(), defer())


def unresolved() -> Job:
    return given(approve(), request(), leave())


def waiting() -> Job:
    """One attempt failed, and the next one waits for its time."""
    return given(approve(), request(), accept(), fail())


def downloading() -> Job:
    return given(approve(), request(), accept(), succeed())


def stored() -> Job:
    return given(store(), job=downloading())


def completed() -> Job:
    return given(complete(), job=stored())


def failed() -> Job:
    """The provider said that no attempt will ever work."""
    return given(fail(retry=None), job=accepted())


def failed_download() -> Job:
    return given(fail_download(at=UNTIL), job=downloading())


def timed_out() -> Job:
    """It failed while its render may still run."""
    return given(TIMEOUT, job=accepted())


def cancelled() -> Job:
    """It was cancelled while its render may still run."""
    return given(CANCEL, job=accepted())


STAGES = {
    "new": NEW,
    "approved": approved(),
    "refused": refused(),
    "requested": requested(),
    "accepted": accepted(),
    "deferred": deferred(),
    "unresolved": unresolved(),
    "waiting": waiting(),
    "downloading": downloading(),
    "stored": stored(),
    "completed": completed(),
    "failed": failed(),
    "failed_download": failed_download(),
    "timed_out": timed_out(),
    "cancelled": cancelled(),
}
