"""Services for system tests, ended by their process id whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.paid_once.paying import CALM, Paying, paying
from tests.system.running import Service


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Make services that share nothing but what the test gives them."""
    made: list[Service] = []

    def make(name: str = "DATA", **settings: str) -> Service:
        service = Service(tmp_path / name, **settings)
        made.append(service)
        return service

    yield make
    for service in made:
        service.kill()


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    return make_service()


@pytest.fixture(scope="package")
def paid_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paying]:
    """One service that renders at a hostile provider, shared by the tests that do it no lasting harm."""
    with paying(tmp_path_factory.mktemp("paid")) as pair:
        yield pair


@pytest.fixture
def own_paid(tmp_path: Path) -> Iterator[Paying]:
    """A service and a provider of the test's own, to be killed."""
    with paying(tmp_path) as pair:
        yield pair


@pytest.fixture
def paid(paid_service: Paying) -> Paying:
    """The shared service, and a provider that has calmed down."""
    paid_service.provider.change(**CALM)
    return paid_service
