"""All promises of the product, each held against a schedule that has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.simulation.home import Home
from tests.simulation.promises.books import books_agree, films_are_their_own
from tests.simulation.promises.histories import attempts_are_counted, histories_are_legal, sequences_are_whole
from tests.simulation.promises.moving import nothing_is_stuck
from tests.simulation.promises.paid_once import (
    doubt_has_an_end,
    nobody_takes_a_strangers,
    nothing_is_lost,
    paid_once,
    rendered_once,
    retried_with_what_is_there,
)
from tests.simulation.world import World

Promise = Callable[[World, Home], Iterable[str]]

LEGAL = "no illegal event"
"""Where it is broken, the others cannot be looked at."""
PROMISES: dict[str, Promise] = {
    "paid once or a person asked": paid_once,
    "doubt about a create ends with a person": doubt_has_an_end,
    "nobody takes a stranger's render": nobody_takes_a_strangers,
    "no paid render is lost": nothing_is_lost,
    "a paid render is not rendered again": rendered_once,
    "a retry fetches a paid video that is there": retried_with_what_is_there,
    "the books equal the provider's": books_agree,
    "a film is the job's own": films_are_their_own,
    "no job is silently stuck": nothing_is_stuck,
    "every sequence is whole": sequences_are_whole,
    "no more attempts than retries": attempts_are_counted,
}


def broken_promises(world: World, homes: Sequence[Home]) -> Sequence[tuple[str, str]]:
    """Return (promise, what was seen) of all that were broken."""
    illegal = [(LEGAL, text) for home in homes for text in histories_are_legal(world, home)]
    seen = illegal or [(name, text) for home in homes for name, kept in PROMISES.items() for text in kept(world, home)]
    deaths = [("no process dies by itself", death) for death in world.deaths]
    return [*deaths, *(("no step breaks", error) for error in world.unexpected), *seen]
