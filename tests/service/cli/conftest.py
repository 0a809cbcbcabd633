"""Data directories for the command line: an empty one, and one with jobs in every state."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.cli.calling import Caller, ForkServer
from tests.service.cli.stories import write_stories


@pytest.fixture(scope="package")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer() as fork_server:
        yield fork_server


@pytest.fixture
def call(tmp_path: Path, fork_server: ForkServer) -> Iterator[Caller]:
    """Calls verbs where nothing was ever stored."""
    with closing(Caller(tmp_path / "DATA", fork_server)) as call:
        yield call


@pytest.fixture(scope="package")
def written_stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with jobs in every state; to be copied, not changed."""
    data_dir = tmp_path_factory.mktemp("stories") / "DATA"
    asyncio.run(write_stories(data_dir))
    return data_dir


@pytest.fixture
def stories(tmp_path: Path, written_stories: Path, fork_server: ForkServer) -> Iterator[Caller]:
    """Calls verbs on a copy of the jobs in every state."""
    shutil.copytree(written_stories, tmp_path / "DATA")
    with closing(Caller(tmp_path / "DATA", fork_server)) as call:
        yield call
