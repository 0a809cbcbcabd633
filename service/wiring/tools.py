"""What some verbs of the command line need besides the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.bus.nats_folder import NatsFolder
from adapters.bus.nats_process import find_server
from service.settings import Settings

find_nats_server = find_server


def embedded_nats_url(settings: Settings) -> str | None:
    """Return the URL of the data directory's embedded server, with its password; None where it never ran."""
    return NatsFolder(settings.data_dir).url


def run_fake_provider(
    host: str, port: int, *, faults: bytes | None, books: Path | None, on_ready: Callable[[str], None]
) -> None:
    """Run the fake provider until a signal. Raises OSError, and ValueError for faults that cannot be read."""
    from adapters.fake_provider.faults import Faults  # noqa: PLC0415 - only this verb needs it
    from adapters.fake_provider.server import run  # noqa: PLC0415

    chosen = None if faults is None else Faults.model_validate_json(faults)
    run(host, port, faults=chosen, books=books, on_ready=on_ready)
