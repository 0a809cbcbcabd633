"""`reelwright approve`: publishes the approval of a storyboard on NATS."""

from __future__ import annotations

import math
from collections.abc import Sequence

import click

from domain.images import image_type
from domain.job import Job
from service.cli.output import emit, emit_json, emit_result, json_option, say
from service.cli.problems import CliError, ExitCode
from service.cli.publishing import encode, publish, wait_until_taken
from service.cli.session import JobId, NoDatabaseError, find_nats, open_database, read_settings, run
from service.cli.storyboards import Wishes, read_approval_file, read_file, upload
from service.cli.verbs.watch import watch_to_end
from service.intake.approval import Approval
from service.jobs.naming import new_job_id
from service.settings import Settings
from service.wiring.clock import CLOCK, new_id

SECONDS = 3.0
MOST_ESTIMATED = 10**9


def _refuse_nan(_context: click.Context, _option: click.Parameter, estimate: float | None) -> float | None:
    """Return the estimate; a range lets NaN pass."""
    if estimate is not None and math.isnan(estimate):
        raise click.BadParameter("it is no number of USD")
    return estimate


@click.command()
@click.argument("files", metavar="FILE|IMAGE...", nargs=-1, required=True)
@click.option("--job-id", type=JobId(), help="The job's name.  [default: the file's, else a new one]")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="How long each image is shown.  [default: 3]")
@click.option(
    "--estimate",
    type=click.FloatRange(0, MOST_ESTIMATED),
    callback=_refuse_nan,
    metavar="USD",
    help="What it is expected to cost.",
)
@click.option("--width", type=click.IntRange(min=1), help="Of the video, in pixels.")
@click.option("--height", type=click.IntRange(min=1), help="Of the video, in pixels.")
@click.option("--fps", type=click.IntRange(min=1), help="Frames per second.")
@click.option("--watch", is_flag=True, help="Follow the job until it ends.")
@json_option
def approve(*, files: Sequence[str], watch: bool, as_json: bool, **wishes: object) -> None:
    """Approve a storyboard: one JSON FILE as it would be published (`-`: stdin), or IMAGES in order.

    Images are uploaded to the running service first.
    """
    settings = read_settings()
    contents = [(name, read_file(name)) for name in files]
    body = _body(settings, contents, Wishes(**wishes))  # type: ignore[arg-type]  # click has checked the types
    payload, approval = encode(body)
    run(_approve(settings, payload, approval, watch=watch, as_json=as_json))


def _body(settings: Settings, contents: Sequence[tuple[str, bytes]], wishes: Wishes) -> dict[str, object]:
    images = [(name, data) for name, data in contents if image_type(data)]
    job_id = wishes.job_id or new_job_id("job", at=CLOCK.now(), new_id=new_id())
    if not images and len(contents) == 1:
        if wishes.seconds is not None:
            raise click.UsageError("--seconds is for images; in a file each scene has its own.")
        return {"job_id": job_id, **read_approval_file(contents[0][1], wishes)}
    if len(images) < len(contents):
        other = next(name for name, data in contents if not image_type(data))
        raise click.UsageError(f"{other} is no image (JPEG, PNG, WebP); give images only, or one JSON file.")
    return {**storyboard(upload(settings, images), wishes), "job_id": job_id}


def storyboard(urls: Sequence[str], wishes: Wishes) -> dict[str, object]:
    """Return the body of an approval of these images in order."""
    scenes = [{"image_url": url, "duration_seconds": wishes.seconds or SECONDS} for url in urls]
    return {"storyboard": scenes, "estimated_cost": wishes.estimate, "output": wishes.output}


async def _approve(settings: Settings, payload: bytes, approval: Approval, *, watch: bool, as_json: bool) -> None:
    sequence = await publish(find_nats(settings), payload)
    say(f"Published the approval of job {approval.job_id} (STORYBOARD, sequence {sequence}).")
    try:
        async with open_database(settings) as stores:
            job = await wait_until_taken(stores, approval)
            _check(job)
            if watch:
                await watch_to_end(settings, stores, job.job_id, as_json=as_json)
            else:
                _emit_taken(job, sequence=sequence, as_json=as_json)
    except NoDatabaseError as problem:
        _emit_published(approval.job_id, problem, sequence=sequence, watch=watch, as_json=as_json)


def _emit_taken(job: Job, *, sequence: int, as_json: bool) -> None:
    if as_json:
        emit_json({"job_id": job.job_id, "status": str(job.status), "version": job.version, "sequence": sequence})
        return
    emit(f"Job {job.job_id} is {job.status}: {job.message}")
    say(f"Follow it: reelwright watch {job.job_id}")


def _emit_published(job_id: str, problem: NoDatabaseError, *, sequence: int, watch: bool, as_json: bool) -> None:
    """Print the result on a machine without a database, where only `video.progress` tells what follows."""
    if watch:
        raise CliError(
            f"Job {job_id} cannot be followed from here",
            why=f"its approval is published, but {problem.why}",
            next_step="set REELWRIGHT_DATABASE_URL or REELWRIGHT_DATA_DIR to the service's",
            exit_code=ExitCode.CONFIGURATION,
        )
    view = {"job_id": job_id, "status": None, "version": None, "sequence": sequence}
    text = f"Job {job_id} is published. Read video.progress to see what becomes of it: {problem.why}."
    emit_result(view, text, as_json=as_json)


def _check(job: Job) -> None:
    if job.last_event == "StoryboardRefused":
        raise CliError(
            f"Job {job.job_id} was refused",
            why=job.error or job.message,
            next_step=f"correct the storyboard and approve it again: reelwright approve FILE --job-id {job.job_id}",
        )
