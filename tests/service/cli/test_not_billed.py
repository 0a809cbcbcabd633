"""What nobody was paid for, on the command line: beside the cost, and never summed with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.clock import new_id
from domain import commands as c
from service.jobs.repository import JobRepository
from service.settings import load_settings
from service.wiring.stores import make_stores
from tests.service.cli.calling import Caller
from tests.service.cli.stories import completed

NOBODY = "$0.61 at list price, nobody was paid"


async def write_jobs(data_dir: Path) -> None:
    """Store two jobs that the slideshow made, and one that was billed."""
    stores = make_stores(load_settings({"REELWRIGHT_DATA_DIR": str(data_dir)}))
    try:
        await stores.prepare()
        repository = JobRepository(stores.events, new_id=new_id, metadata={})
        for job_id in ("here-1", "here-2", "there"):
            for command in completed(job_id):
                await repository.execute(job_id, made_here(command) if job_id != "there" else command)
    finally:
        await stores.close()


def made_here(command: c.Command) -> c.Command:
    if not isinstance(command, c.RequestRender):
        return command
    return replace(command, order=replace(command.order, renderer="slideshow", model=None))


@pytest.fixture
def three_jobs(call: Caller) -> Caller:
    asyncio.run(write_jobs(call.data_dir))
    return call


def test_costs_keep_what_was_billed_and_list_prices_apart(three_jobs: Caller) -> None:
    answer = three_jobs("costs", "--json").json
    costs = {line["by"]: (line["jobs"], line["actual_cost"], line["list_price"]) for line in answer["costs"]}
    assert costs == {"slideshow": (2, 0, 1.212), "owner/film": (1, 0.606, None)}
    assert (answer["total"]["actual_cost"], answer["total"]["list_price"]) == (0.606, 1.212)
    assert "list price, nobody was paid" in three_jobs("costs").out


def test_a_job_shows_its_list_price_and_that_nobody_was_paid(three_jobs: Caller) -> None:
    assert f"$0.00 (estimated $0.50); {NOBODY}" in three_jobs("show", "here-1").out
    assert NOBODY in three_jobs("watch", "here-1").out
    assert three_jobs("show", "here-1", "--json").json["list_price"] == 0.606
    assert "list price" not in three_jobs("show", "there").out
