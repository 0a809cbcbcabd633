"""The renderers of this process: one makes new renders, and each render is followed and ended by its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.rendering import RenderOrder
from service.worker.renderer import Renderer


class RendererAway(Exception):
    """The renderer that a render was requested from is not configured here. The text begins with `renderer: `."""


class Renderers:
    """`chosen` makes new renders; the `others` only end what was begun with them."""

    def __init__(self, chosen: Renderer, *others: Renderer) -> None:
        self.chosen = chosen
        self._all: Sequence[Renderer] = (chosen, *others)

    def of(self, order: RenderOrder) -> Renderer:
        """Return the renderer that an order was given to. Raises RendererAway."""
        named = [renderer for renderer in self._all if renderer.name == order.renderer]
        for renderer in named:
            # Orders of earlier versions name no account.
            if order.account is None or renderer.account == order.account:
                return renderer
        raise RendererAway(f"renderer: {_missing(order, has_other_account=bool(named))}")

    def missing(self, open_requests: Mapping[tuple[str, str | None], int]) -> Mapping[str, int]:
        """Return which renderers are not here that have open renders, and how many; keys are (renderer, account)."""
        found: dict[str, int] = {}
        for (name, account), count in open_requests.items():
            try:
                self.of(RenderOrder(renderer=name, model=None, request_hash="", account=account))
            except RendererAway as away:
                found[str(away)] = found.get(str(away), 0) + count
        return found

    async def close(self) -> None:
        """Close all of them."""
        for renderer in self._all:
            await renderer.close()


def _missing(order: RenderOrder, *, has_other_account: bool) -> str:
    if has_other_account:
        return (
            f"this render was requested from {order.renderer} under another base URL or token: "
            "start the service with those, and it goes on"
        )
    return (
        f"this render was requested from {order.renderer}, which is not configured any more: "
        "start the service with its token, and it goes on"
    )
