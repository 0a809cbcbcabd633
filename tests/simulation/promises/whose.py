"""Which request of ours each prediction of the provider belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.simulation.images import image_in
from tests.simulation.provider.prediction import BookedPrediction
from tests.simulation.world import World


def predictions_by_token(world: World) -> Mapping[str, Sequence[BookedPrediction]]:
    """Return the predictions of each request: those that it has, and those that it created and no other has.

    Requests for equal films may take each other's, since nobody can tell them apart. Nothing is paid twice by it: a
    request whose prediction went to another one has a claim on one that is left over among its equals.
    """
    books, owners = world.provider.books, _owners(world)
    predictions, films = books.predictions, {one.id: _film(one, books.files) for one in books.predictions}
    found: dict[str, list[BookedPrediction]] = {one.token: [] for one in predictions}
    for one in predictions:
        for token in owners.get(one.id, ()):
            found.setdefault(token, []).append(one)
    for one in predictions:
        if one.id not in owners:
            equals = [other.token for other in predictions if films[other.id] == films[one.id]]
            empty = [token for token in (one.token, *equals) if not found[token]]
            found[empty[0] if empty else one.token].append(one)
    return found


def _owners(world: World) -> Mapping[str, set[str]]:
    """Return the tokens of the requests that have each prediction, by its id."""
    found: dict[str, set[str]] = {}
    for row in (row for tables in world.databases for row in tables.renders.values()):
        if row["render_id"]:
            found.setdefault(str(row["render_id"]), set()).add(str(row["token"]))
    return found


def _film(one: BookedPrediction, files: Mapping[str, str]) -> tuple[str, str]:
    """Return the account and the image: what two requests must have in common to be taken for each other."""
    return one.account, image_in(one.sent, files)
