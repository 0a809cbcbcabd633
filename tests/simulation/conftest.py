"""Schedules tell their own story: the product's logs are switched off while they run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.simulation.many import be_quick


@pytest.fixture(autouse=True)
def _without_logs() -> Iterator[None]:
    before = structlog.get_config()
    be_quick()
    yield
    structlog.configure(**before)
