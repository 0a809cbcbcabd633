"""Paid once, or a person was asked: the provider's books against the histories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from domain import events as e
from tests.simulation.home import Home
from tests.simulation.promises.whose import predictions_by_token
from tests.simulation.provider.prediction import BookedPrediction
from tests.simulation.stores.tables import StoredEvent
from tests.simulation.world import World

MOST_CREATES_FOR_A_TOKEN = 3
"""Where the list does not show a create in time, not even the product can tell; then it may pay so often, no more."""


MOST_SENT = 4
FETCHED_WITHIN_SECONDS = 60.0


def paid_once(world: World, home: Home) -> Iterator[str]:
    """For one token at most one create, and one more after each word of an operator that nothing was created."""
    in_time = world.plan.temperament.lists_in_time
    predictions = predictions_by_token(world) if in_time else _by_creator(world)
    for history in home.installation.tables.by_job.values():
        for token, words in _tokens(history).items():
            created = predictions.get(token, ())
            allowed = (1 if in_time else MOST_CREATES_FOR_A_TOKEN) + words
            if len(created) > allowed:
                ids = ", ".join(one.id for one in created)
                yield f"job {history[0].job_id}: {len(created)} creates for one token ({token}): {ids}"


def nobody_takes_a_strangers(world: World, home: Home) -> Iterator[str]:
    """An installation has no render that was created by another one on the same account."""
    tokens = {one.id: one.token for one in world.provider.books.predictions}
    own = {token for history in home.installation.tables.by_job.values() for token in _tokens(history)}
    for row in home.installation.tables.renders.values():
        creator = tokens.get(str(row["render_id"]))
        if creator is not None and creator not in own:
            yield f"job {row['job_id']}: its render {row['render_id']} was created for another installation ({creator})"


def doubt_has_an_end(world: World, home: Home) -> Iterator[str]:
    """After some creates of one token without a render that is ours, a person is asked."""
    for history in home.installation.tables.by_job.values():
        for token, words in _tokens(history).items():
            sent = world.provider.sent[token]
            if sent > MOST_SENT * (words + 1):
                yield f"job {history[0].job_id}: {sent} creates were sent for one token ({token})"


def nothing_is_lost(world: World, home: Home) -> Iterator[str]:
    """Every billed prediction of ours belongs to a render, or a person was asked, or the end says that nobody knows."""
    if not world.plan.temperament.lists_in_time:
        return  # what the list does not show in time cannot be found: `paid_once` counts these
    tables = home.installation.tables
    owned, predictions = _owned(home), predictions_by_token(world)
    for job_id, history in tables.by_job.items():
        if home.installation.waits_for_its_renderer(job_id):
            continue
        told = _told_unknown(history)
        for token in sorted(_tokens(history).keys() - told):
            for one in predictions.get(token, ()):
                if one.id not in owned and one.is_billed:
                    yield f"job {job_id}: {one.id} is billed ({one.end[1]}), and no render has it"


def rendered_once(world: World, home: Home) -> Iterator[str]:
    """A next attempt begins by itself only after one that ended without a video."""
    installation, predictions = home.installation, predictions_by_token(world)
    for history in installation.tables.by_job.values():
        words = _tokens(history)
        for before, after, between in _successions(history):
            if any(isinstance(one, e.RetryRequested | e.RenderResolved) for one in between):
                continue
            at, token = installation.committed_at[after.position - 1], _token(before)
            for one in _known(world, home, predictions.get(token, ()), is_denied=words[token] > 0):
                if one.has_video and one.is_billed:
                    yield f"job {one.job_id}: rendered again at {at:.0f} s, but {one.id} was paid and had a video"
                elif not one.has_ended(at):
                    yield f"job {one.job_id}: rendered again at {at:.0f} s, but {one.id} was running"


def retried_with_what_is_there(world: World, home: Home) -> Iterator[str]:
    """A retry fetches a paid video that is still at the provider, and pays for no other."""
    installation, removal = home.installation, world.plan.temperament.removal_seconds
    predictions = predictions_by_token(world)
    for history in installation.tables.by_job.values():
        words = _tokens(history)
        for before, after, between in _successions(history):
            if not any(isinstance(one, e.RetryRequested) for one in between):
                continue
            at, token = installation.committed_at[after.position - 1], _token(before)
            for one in _known(world, home, predictions.get(token, ()), is_denied=words[token] > 0):
                if one.has_video and one.end[0] < at < one.end[0] + removal - FETCHED_WITHIN_SECONDS:
                    yield f"job {one.job_id}: retried at {at:.0f} s with another render, but {one.id} was there"


def _tokens(history: Iterable[StoredEvent]) -> dict[str, int]:
    """Return each token, and how often an operator said that nothing was created for it."""
    words: dict[str, int] = {}
    for stored in history:
        match stored.recorded.event:
            case e.RenderRequested(token=token):
                words.setdefault(token, 0)
            case e.RenderResolved(token=token, outcome="not_created"):
                words[token] = words.get(token, 0) + 1
    return words


def _by_creator(world: World) -> Mapping[str, Sequence[BookedPrediction]]:
    """Return the predictions by the request that created them."""
    found: dict[str, list[BookedPrediction]] = {}
    for one in world.provider.books.predictions:
        found.setdefault(one.token, []).append(one)
    return found


def _owned(home: Home) -> set[str]:
    """Return the ids of the renders that jobs have."""
    return {str(row["render_id"]) for row in home.installation.tables.renders.values()}


def _known(
    world: World, home: Home, predictions: Sequence[BookedPrediction], *, is_denied: bool
) -> Sequence[BookedPrediction]:
    """Return those that a program can know of: not what a list shows far too late, or a person said is not there."""
    if world.plan.temperament.lists_in_time and not is_denied:
        return predictions
    owned = _owned(home)
    return [one for one in predictions if one.id in owned]


def _told_unknown(history: Iterable[StoredEvent]) -> set[str]:
    """Return the tokens of which a person was told that nobody knows what became of them."""
    told: set[str] = set()
    tokens: dict[int, str] = {}
    for stored in history:
        match stored.recorded.event:
            case e.RenderRequested(attempt=attempt, token=token):
                tokens[attempt] = token
            case e.RenderUnresolved(token=token):
                told.add(token)
            case e.RenderSettled(attempt=attempt, outcome="unknown"):
                told.add(tokens[attempt])
    return told


def _successions(history: list[StoredEvent]) -> Iterator[tuple[StoredEvent, StoredEvent, list[e.Event]]]:
    """Yield the requests of one attempt and of the next one, with the events between them."""
    events = [stored.recorded.event for stored in history]
    requests = [stored for stored in history if isinstance(stored.recorded.event, e.RenderRequested)]
    for before, after in pairwise(requests):
        if _token(before) != _token(after):
            yield before, after, events[before.version : after.version - 1]


def _token(stored: StoredEvent) -> str:
    event = stored.recorded.event
    assert isinstance(event, e.RenderRequested)
    return event.token
