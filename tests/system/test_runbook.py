"""What the runbook tells people to type does what it says."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error

from adapters.bus import streams
from adapters.sql.database import Database
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import check
from service.cli.root import root
from tests.adapters.sql.exports import START, contents, some_lives
from tests.fixtures.nats import NatsServer
from tests.fixtures.postgres import binaries
from tests.service.log_readers.announcing import until

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
SETTING = re.compile(r"^(?:[A-Z_]+=\S+ )+")


def commands() -> list[list[str]]:
    """Return every call of `reelwright` in the runbook, without its settings and comments."""
    lines = re.findall(r"^    (.*)$", RUNBOOK, re.MULTILINE) + re.findall(r"`([^`\n]+)`", RUNBOOK)
    bare = [SETTING.sub("", line) for line in lines]
    return [shlex.split(line, comments=True)[1:] for line in bare if line.startswith("reelwright ")]


def block(begin: str) -> str:
    """Return the fenced block that begins like this."""
    return next(
        text for text in re.findall(r"^```\w*\n(.*?)^```$", RUNBOOK, re.MULTILINE | re.DOTALL) if text.startswith(begin)
    )


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_verb_and_option_of_the_runbook_is_known(command: list[str], tmp_path: Path) -> None:
    here = [part.replace("/backups/history.jsonl", "-").replace("/backups", str(tmp_path)) for part in command]
    group: click.Command = root
    while isinstance(group, click.Group):
        found = group.get_command(click.Context(group), here[0])
        assert found is not None, here
        group, here = found, here[1:]
    group.make_context("reelwright", here)


def test_the_runbook_names_the_verbs_that_it_is_about() -> None:
    assert {"backup", "restored", "import", "export", "archive", "migrate", "streams"} <= {one[0] for one in commands()}


async def test_the_purge_removes_what_was_taken_and_nothing_else(
    nats_server: NatsServer, nats_client: Client, tmp_path: Path
) -> None:
    js = nats_client.jetstream()
    await streams.ensure(js)
    for number in range(5):
        await js.publish(streams.APPROVED, b"%d" % number)
    reader = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    for message in await reader.fetch(3):
        await message.ack_sync()
    script = tmp_path / "purge.py"
    script.write_text(block("import asyncio"))
    called = await asyncio.create_subprocess_exec(sys.executable, script, nats_server.url, stdout=subprocess.PIPE)
    out, _ = await called.communicate()
    assert out == b"2 messages are left\n"
    assert [message.data for message in await reader.fetch(2)] == [b"3", b"4"]


@pytest.fixture
def guarded() -> AsyncIterator[NatsServer]:
    """A server with the runbook's permissions."""
    server = NatsServer()
    rules = block("authorization")
    for name in ("REELWRIGHT", "APPROVER", "READER"):
        rules = rules.replace(f"${name}_PASSWORD", "secret")
    server._config.write_text(server._config.read_text() + rules)
    with server:
        yield server


@asynccontextmanager
async def user(server: NatsServer, name: str, refused: list[str]) -> AsyncIterator[Client]:
    async def note(error: Exception) -> None:
        refused.append(str(error))

    client = await nats.connect(server.url, user=name, password="secret", error_cb=note)
    try:
        yield client
    finally:
        await client.close()


async def test_only_the_service_publishes_news(guarded: NatsServer) -> None:
    refused: list[str] = []
    async with user(guarded, "reelwright", refused) as service:
        js = service.jetstream()
        await streams.ensure(js)
        await js.publish("video.progress", b"{}")
    assert refused == []
    async with user(guarded, "approver", refused) as approver:
        assert (await approver.jetstream().publish(streams.APPROVED, b"{}")).stream == streams.STORYBOARD
        assert refused == []
        await approver.publish("video.progress", b"{}")
        await until(lambda: refused)
    assert "permissions violation" in refused[0].lower()
    refused.clear()
    async with user(guarded, "reader", refused) as reader:
        subscription = await reader.jetstream().pull_subscribe("video.>", stream=streams.VIDEO)
        (message,) = await subscription.fetch(1)
        await message.ack_sync()
        assert refused == []
        with pytest.raises(Error):
            await reader.jetstream().publish("video.progress", b"{}", timeout=0.5)


async def test_a_dump_of_postgresql_is_put_back_whole_and_guarded(postgres, tmp_path: Path) -> None:
    source, target = await postgres.fresh(), await postgres.empty()
    database = Database(source)
    store = SqlEventStore(database, now=lambda: START)
    await store.start()
    await some_lives(store)
    dump = f"{tmp_path}/reelwright.dump"
    for tool, *options in (
        ("pg_dump", "--format=custom", f"--file={dump}", source),
        ("pg_restore", "--exit-on-error", f"--dbname={target}", dump),
    ):
        called = await asyncio.create_subprocess_exec(binaries() / tool, *options)
        assert await called.wait() == 0
    restored = Database(target)
    await check(restored)
    assert [finding async for finding in verify(restored)] == []
    assert await contents(restored) == await contents(database)
    await store.close()
    for one in (database, restored):
        await one.close()
        await postgres.drop(source if one is database else target)
