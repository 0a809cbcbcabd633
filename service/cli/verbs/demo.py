"""`reelwright demo`: makes a real video from a sample storyboard with a service of its own, and stops it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

import click

from domain.storyboard import Scene
from service.cli.output import clean, emit, emit_facts, say
from service.cli.own_service import own_service
from service.cli.problems import CliError, ExitCode
from service.cli.publishing import encode, publish, wait_until_taken
from service.cli.session import find_nats, open_database, read_settings
from service.cli.storyboards import upload
from service.cli.verbs.show import cost_text, emit_events, video_facts, video_path
from service.cli.verbs.watch import check_end, show_progress
from service.jobs.history import JobHistory
from service.jobs.naming import new_job_id
from service.jobs.sample import SCENES, SECONDS_PER_SCENE
from service.process import data_dir
from service.process.address import read_address
from service.settings import PREFIX, TOKEN_NAME, Settings, load_settings, variable
from service.wiring.clock import CLOCK, new_id

if TYPE_CHECKING:
    from service.jobs.operations import JobOperations
    from service.wiring.stores import Stores

FPS = 24
TERMINATED = 128 + signal.SIGTERM


@click.command()
def demo() -> int:
    """Make a video from a sample storyboard with everything embedded; it costs nothing and needs no account.

    The video stays in the data directory: REELWRIGHT_DATA_DIR, or DATA. All other settings are the demo's own.
    """
    environ = _demo_environ(read_settings())
    try:
        asyncio.run(_demo(load_settings(environ), environ))
    except asyncio.CancelledError:
        return TERMINATED
    return ExitCode.OK


def _demo_environ(settings: Settings) -> dict[str, str]:
    """Return the environment of the demo's service: of Reelwright's settings it takes only the data directory."""
    path = str(settings.data_dir.absolute())
    own = {"data_dir": path, "http_port": "0", "log_level": "warning", "log_format": "json"}
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) and name != TOKEN_NAME}
    return others | {variable(field): value for field, value in own.items()}


async def _demo(settings: Settings, environ: dict[str, str]) -> None:
    """Run the demo; SIGTERM ends it in order, as Ctrl-C does."""
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    _check_free(settings)
    data_dir.prepare(settings.data_dir)
    log_path = settings.data_dir / "demo.log"
    say(f"Starting a service with an embedded NATS server and SQLite in {settings.data_dir} ...")
    async with own_service(settings, environ, log_path=log_path) as address:
        say(f"It is ready: {address.http_url}/ shows the same as what follows.")
        async with open_database(settings) as stores:
            history = await show_progress(settings, stores, await _approve(settings, stores))
    check_end(history.job)
    await asyncio.to_thread(_check_file, settings, history)
    _emit_end(settings, history)


async def _approve(settings: Settings, stores: Stores) -> str:
    """Publish the sample storyboard, wait until the service has taken it, and return the job_id."""
    from service.wiring.operations import make_operations  # noqa: PLC0415 - the heavy part

    urls = await asyncio.to_thread(_upload, settings)
    payload, approval = encode(_approval(urls, make_operations(settings, stores)))
    job_id, sequence = approval.job_id, await publish(find_nats(settings), payload)
    say(f"Published storyboard.approved for job {job_id} (sequence {sequence} of the stream STORYBOARD).")
    await wait_until_taken(stores, approval)
    return job_id


def _check_free(settings: Settings) -> None:
    """Refuse a data directory with a running service: its renderer may cost money."""
    address = read_address(settings)
    if address is not None:
        raise CliError(
            "The demo does not use a data directory that is in use",
            why=f"a service (process {address.pid}) runs on {settings.data_dir}",
            next_step="REELWRIGHT_DATA_DIR=DATA-demo reelwright demo",
            exit_code=ExitCode.CONFLICT,
        )


def _upload(settings: Settings) -> Sequence[str]:
    folder = resources.files("service.jobs.sample")
    urls = upload(settings, [(name, folder.joinpath(name).read_bytes()) for name in SCENES])
    say(f"Uploaded {len(urls)} images.")
    return urls


def _approval(urls: Sequence[str], operations: JobOperations) -> dict[str, object]:
    """Return the approval of a storyboard made of the uploaded images, with its estimate."""
    scenes = [
        Scene(scene_number=number, image_url=url, description=description, duration_seconds=SECONDS_PER_SCENE)
        for number, (url, description) in enumerate(zip(urls, SCENES.values(), strict=True), start=1)
    ]
    return {
        "job_id": new_job_id("demo", at=CLOCK.now(), new_id=new_id()),
        "storyboard": [
            {"image_url": one.image_url, "description": one.description, "duration_seconds": one.duration_seconds}
            for one in scenes
        ],
        "estimated_cost": float(operations.estimate(scenes)),
        "output": {"fps": FPS},
    }


def _check_file(settings: Settings, history: JobHistory) -> None:
    """Check that the file is there with the SHA-256 of `VideoCompleted`."""
    done, path = history.job.completed, video_path(settings, history.job_id)
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no file"
    if done is None or found != done.sha256:
        raise CliError(
            "The video is not what its events say",
            why=f"{path} has {found}, VideoCompleted says {done.sha256 if done else None}",
            next_step=f"reelwright show {history.job_id}",
        )


def _emit_end(settings: Settings, history: JobHistory) -> None:
    job = history.job
    if job.completed is None:
        return
    emit(f"\nThe video: {video_path(settings, job.job_id)}\n")
    emit_facts({**video_facts(settings, job, job.completed), "video": None, "cost": cost_text(job)})
    emit(f"\nIts {len(history.events)} events:\n")
    emit_events(history.events)
    command = _command()
    emit("\nGo on:")
    emit(f"  {command} show {job.job_id}")
    emit(f"  {command} replay {job.job_id} --version 4   (the job as it was)")
    emit(f"  {command} serve   (then, in another terminal: {command} approve a.jpg b.jpg --watch)")


def _command() -> str:
    """Return the shortest command that starts this program from here."""
    if shutil.which("reelwright"):
        return "reelwright"
    return clean(min(os.path.abspath(sys.argv[0]), os.path.relpath(sys.argv[0]), key=len))  # noqa: PTH100 - as typed
