"""Our costs against the provider's bills, and films against the renders that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.job import OPEN_RENDERS, Job, Render
from tests.simulation.home import Home
from tests.simulation.provider.prediction import BookedPrediction
from tests.simulation.world import World


def books_agree(world: World, home: Home) -> Iterator[str]:
    """What the provider bills is booked; where it tells a figure, with that figure, else the basis says so."""
    by_id = {one.id: one for one in world.provider.books.predictions}
    for job in home.installation.jobs():
        for render in job.renders:
            one = by_id.get(render.render_id or "")
            if one is None or render.state in OPEN_RENDERS:
                continue
            if (fault := _fault(job, render, one)) is not None:
                yield f"job {job.job_id}: {one.id} {fault}"
        if (sums := _parts(job)) != job.actual_cost:
            yield f"job {job.job_id}: its parts are {sums} USD, and it says {job.actual_cost}"


def films_are_their_own(world: World, home: Home) -> Iterator[str]:
    """A completed job's film comes from a render that was asked for with its storyboard."""
    by_id = {one.id: one for one in world.provider.books.predictions}
    approvals = home.people.approvals
    for job in home.installation.jobs():
        if job.completed is None:
            continue
        content = home.installation.disk.films[job.job_id][1]
        asked_by = by_id[content].job_id if content in by_id else job.job_id
        ours = approvals.get(asked_by)
        if ours is None or ours.storyboard_hash != job.storyboard_hash:
            yield f"job {job.job_id}: its film is {content}, which was asked for by job {asked_by}"


def _parts(job: Job) -> Decimal:
    """Return the sum of what is booked: nothing for renders that nobody sends a bill for."""
    booked = [_booked(job, render)[0] for render in job.renders if render.order.bills]
    return sum(booked, job.counted_images or Decimal(0))


def _booked(job: Job, render: Render) -> tuple[Decimal, str]:
    if job.completed is not None:
        for part in job.completed.attempt_costs:
            if (part.attempt, part.scene) == (render.attempt, render.scene):
                return part.cost, part.basis
    return render.cost or Decimal(0), render.basis


def _fault(job: Job, render: Render, one: BookedPrediction) -> str | None:
    cost, basis = _booked(job, render)
    prices = render.prices
    assert prices is not None
    if basis == "provider_metric":
        figure = round(one.ran_seconds, 3) if one.is_billed else 0.0
        asked = prices.of_video(job.asked_seconds(render))
        expected = [prices.of_units(figure), *([asked] if one.end[1] == "canceled" else [])]
        if cost not in expected:
            return f"computed {figure} s, and {cost} USD are booked by that figure"
    elif basis == "not_billed" and one.is_billed:
        return f"is billed ({one.end[1]}), and booked as not billed"
    return None
