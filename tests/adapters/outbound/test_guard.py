"""The guard: what is resolved, what is dialled, and that nothing else ever is."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess

import pytest

from adapters.outbound.client import Outbound
from domain.errors import Refused, Unavailable
from tests.fixtures.http import FileHost, Page, RecordingDialler, RecordingResolver

PUBLIC, OTHER_PUBLIC, PRIVATE = "93.184.216.34", "2606:4700::1111", "127.0.0.1"
HINT = "is not a public address: set REELWRIGHT_ALLOW_PRIVATE_HOSTS=true for development"


class Scene:
    """A guarded client whose every name lookup and every dial is recorded; all dials end at the file host."""

    def __init__(self, host: FileHost, **answers: list[list[str]]) -> None:
        self.resolver = RecordingResolver(**answers)
        self.dialler = RecordingDialler(host.port)
        self.client = Outbound(resolver=self.resolver, dialler=self.dialler)

    async def get(self, url: str) -> int:
        async with self.client, self.client.get(url) as answer:
            return answer.status


async def test_a_public_name_is_resolved_once_and_its_address_is_dialled(host):
    host.pages["/a"] = Page(body=b"x")
    scene = Scene(host, one__example=[[PUBLIC]])
    assert await scene.get("http://one.example/a") == 200
    assert scene.resolver.asked == ["one.example"]
    assert scene.dialler.dialled == [(PUBLIC, 80)]
    assert host.asked[0].headers["host"] == "one.example"


@pytest.mark.parametrize("address", [PRIVATE, "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"])
async def test_a_name_with_a_private_address_is_refused(host, address):
    scene = Scene(host, one__example=[[address]])
    with pytest.raises(Refused, match=HINT):
        await scene.get("http://one.example/a")
    assert scene.dialler.dialled == []


async def test_one_private_address_among_public_ones_is_enough_to_refuse(host):
    scene = Scene(host, one__example=[[PUBLIC, OTHER_PUBLIC, PRIVATE]])
    with pytest.raises(Refused, match=HINT):
        await scene.get("http://one.example/a")
    assert scene.dialler.dialled == []


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(host):
    """DNS rebinding: the second answer is private. Only the first one, which was judged, is ever dialled."""
    host.pages["/a"] = Page(body=b"x")
    scene = Scene(host, rebind__example=[[PUBLIC], [PRIVATE]])
    async with scene.client:
        async with scene.client.get("http://rebind.example/a") as answer:
            assert answer.status == 200
        with pytest.raises(Refused, match=HINT):
            async with scene.client.get("http://rebind.example/a"):
                pass
    assert scene.dialler.dialled == [(PUBLIC, 80)]
    assert scene.resolver.asked == ["rebind.example"] * 2


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://127。0。0。1/"],
)
async def test_a_private_address_as_the_host_is_refused_without_a_lookup(host, url):
    scene = Scene(host)
    with pytest.raises(Refused, match=HINT):
        await scene.get(url)
    assert (scene.resolver.asked, scene.dialler.dialled) == ([], [])


@pytest.mark.parametrize("url", ["http://0x7f.1/", "http://2130706433/", "http://127.1/", "http://user@one.example/"])
async def test_an_odd_host_reaches_neither_resolver_nor_dialler(host, url):
    scene = Scene(host)
    with pytest.raises(Refused):
        await scene.get(url)
    assert (scene.resolver.asked, scene.dialler.dialled) == ([], [])


async def test_the_next_address_is_tried_when_the_first_is_dead(host):
    host.pages["/a"] = Page(body=b"x")
    scene = Scene(host, one__example=[[OTHER_PUBLIC, PUBLIC]])
    scene.dialler.dead = {OTHER_PUBLIC}
    assert await scene.get("http://one.example/a") == 200
    assert scene.dialler.dialled == [(OTHER_PUBLIC, 80), (PUBLIC, 80)]


async def test_only_a_few_of_many_dead_addresses_are_tried(host):
    addresses = [f"93.184.216.{last}" for last in range(1, 60)]
    scene = Scene(host, one__example=[addresses])
    scene.dialler.dead = set(addresses)
    with pytest.raises(Unavailable, match="could not be connected to"):
        await scene.get("http://one.example/a")
    assert len(scene.dialler.dialled) == 4


@pytest.mark.parametrize("answers", [{}, {"gone__example": [[]]}])
async def test_a_name_that_cannot_be_resolved_may_be_tried_again(host, answers):
    with pytest.raises(Unavailable, match=r"gone\.example"):
        await Scene(host, **answers).get("http://gone.example/a")


async def test_a_redirect_to_a_private_name_is_refused(host):
    host.pages["/a"] = Page(status=302, headers={"Location": "http://inside.example/admin"})
    scene = Scene(host, one__example=[[PUBLIC]], inside__example=[["192.168.1.1"]])
    with pytest.raises(Refused, match=f"inside.example {HINT}"):
        await scene.get("http://one.example/a")
    assert scene.dialler.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest", "http://[::1]/", "http://one.example:6379/"])
async def test_a_redirect_to_a_private_address_or_port_is_refused(host, location):
    host.pages["/a"] = Page(status=307, headers={"Location": location})
    scene = Scene(host, one__example=[[PUBLIC]])
    with pytest.raises(Refused):
        await scene.get("http://one.example/a")
    assert scene.dialler.dialled == [(PUBLIC, 80)]


async def test_private_hosts_and_ports_are_open_for_development(host):
    host.pages["/a"] = Page(body=b"x")
    async with Outbound(allow_private=True) as client, client.get(host.url("/a", host="localhost")) as answer:
        assert answer.status == 200


async def test_a_proxy_in_the_environment_is_not_used(host, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    host.pages["/a"] = Page(body=b"x")
    scene = Scene(host, one__example=[[PUBLIC]])
    assert await scene.get("http://one.example/a") == 200


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made with openssl")
async def test_tls_asks_for_the_name_and_trusts_no_other(tmp_path):
    """The address is pinned, yet SNI and the certificate's name are those of the URL."""
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out cert.pem"
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=DNS:one.example"]
    subprocess.run(  # noqa: ASYNC221 (nothing else runs yet)
        ["openssl", *made.split(), *names], cwd=tmp_path, check=True, capture_output=True
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    indicated: list[str | None] = []
    served.sni_callback = lambda _socket, name, _context: indicated.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served)
    async with server:
        resolver = RecordingResolver(one__example=[[PUBLIC]], two__example=[[PUBLIC]])
        dialler = RecordingDialler(server.sockets[0].getsockname()[1])
        trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        async with Outbound(resolver=resolver, dialler=dialler, tls=trusted) as client:
            async with client.get("https://one.example./") as got:
                assert got.status == 200
            with pytest.raises(Unavailable, match="certificate"):
                async with client.get("https://two.example/"):
                    pass
    assert indicated == ["one.example", "two.example"]
    assert dialler.dialled == [(PUBLIC, 443)] * 2
