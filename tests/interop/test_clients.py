"""What the provider's official clients read from the fake provider. Each test asks all three."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from adapters import clock
from adapters.fake_provider.catalogue import version_of
from tests.interop.driving import CANNOT, CLIENTS, ClientError, OfficialClient, official_client

pytestmark = pytest.mark.xdist_group("interop")

BOAT = {"prompt": "a boat"}
CONTENT = bytes(range(256))
ENCODED = base64.b64encode(CONTENT).decode()


@pytest.fixture(scope="module", params=CLIENTS)
def started(request: pytest.FixtureRequest) -> Iterator[OfficialClient]:
    with official_client(request.param) as client:
        yield client


@pytest.fixture
def client(started: OfficialClient) -> OfficialClient:
    started.set_faults()
    return started


def film(client: OfficialClient, **changes: object) -> dict:
    return client("create_by_model", model="fake/film", sent=BOAT, **changes)


@pytest.mark.parametrize(
    ("call", "asked", "shown"),
    [
        ("create_by_model", {"model": "minimax/video-01"}, ("minimax/video-01", "hidden")),
        ("create_by_version", {"version": version_of("fake/film")}, ("fake/film", version_of("fake/film"))),
        ("create_by_version", {"version": "minimax/video-01"}, ("minimax/video-01", "hidden")),
        (
            "create_by_version",
            {"version": f"fake/film:{version_of('fake/film')}"},
            ("fake/film", version_of("fake/film")),
        ),
        (
            "create_by_deployment",
            {"deployment": "acme/films"},
            ("acme/films", f"dp-{version_of('acme/films')[:32]}"),
        ),
    ],
)
def test_a_render_is_created_by_model_version_and_deployment(client: OfficialClient, call, asked, shown) -> None:
    render = client(call, **asked, sent=BOAT)
    assert (render["status"], render["input"]) == ("starting", BOAT)
    assert (render["model"], render["version"]) == shown
    line = client.created()[-1]
    assert (line["id"], line["model"]) == (render["id"], shown[0])


def test_a_render_is_read_until_its_end(client: OfficialClient) -> None:
    render = client("wait", key=film(client)["id"])
    again = client("get", key=render["id"])
    assert again["status"] == "succeeded"
    assert again["output"] == render["output"]
    assert again["metrics"]["predict_time"] > 0
    assert set(again["urls"]) == {"get", "cancel", "stream", "web"}
    assert client.provider.get(again["output"]).headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("wait", [True, 30])
def test_a_create_waits_for_the_end(client: OfficialClient, wait) -> None:
    assert film(client, wait=wait)["status"] == "succeeded"


def test_a_wait_that_is_over_leaves_a_render_that_is_starting(client: OfficialClient) -> None:
    client.set_faults(render_seconds=60)
    render = film(client, wait=1)
    assert render["status"] == "starting"
    assert client("get", key=render["id"])["status"] == "processing"


@pytest.mark.parametrize("ref", ["fake/film", f"fake/film:{version_of('fake/film')}"])
def test_a_model_is_run_to_its_output(client: OfficialClient, ref) -> None:
    output = client("run", ref=ref, sent=BOAT)
    assert output == client("get", key=client.created()[-1]["id"])["output"]


def test_a_failed_run_raises(client: OfficialClient) -> None:
    client.set_faults(script={"render": ["fail"]})
    with pytest.raises(ClientError, match="failed for an unknown reason"):
        client("run", ref="fake/film", sent=BOAT)


def test_the_output_is_streamed(client: OfficialClient) -> None:
    """The beta takes a text that is whole for a list of letters."""
    streamed = "".join(client("stream", ref="fake/film", sent=BOAT))
    assert streamed == client("get", key=client.created()[-1]["id"])["output"]


def test_the_progress_is_read_from_the_log(client: OfficialClient) -> None:
    client.needs("progress")
    found = client("progress", key=client("wait", key=film(client)["id"])["id"])
    assert (found["percentage"] if isinstance(found, dict) else found) == 1.0


def test_renders_are_listed_newest_first(client: OfficialClient) -> None:
    renders = [film(client)["id"] for _ in range(2)]
    page = client("list")
    assert [item["id"] for item in page["results"][:2]] == renders[::-1]
    assert all(item["model"] for item in page["results"])


def test_pages_are_followed_to_the_last_one(client: OfficialClient) -> None:
    client.set_faults(page_size=2)
    for _ in range(3):
        film(client)
    pages = client("pages")
    assert [one for page in pages for one in page] == [line["id"] for line in client.created()][::-1]
    assert {len(page) for page in pages[:-1]} == {2}


def test_pages_are_followed_back_to_the_first_one(client: OfficialClient) -> None:
    client.needs("pages_back")
    client.set_faults(page_size=2)
    for _ in range(3):
        film(client)
    assert client("pages_back") == client("pages")[::-1]


def test_a_list_is_cut_by_time(client: OfficialClient) -> None:
    client.needs("list_between")
    first, second, third = [film(client) for _ in range(3)]
    page = client("list_between", after=second["created_at"], before=third["created_at"])
    wanted = [third, second, first] if client.drops("list_between") else [second]
    assert [item["id"] for item in page["results"][:3]] == [render["id"] for render in wanted]


def test_a_render_is_cancelled(client: OfficialClient) -> None:
    client.set_faults(render_seconds=60)
    render = film(client)
    assert client("cancel", key=render["id"])["status"] == "canceled"
    assert client.created()[-1]["status"] == "canceled"


def test_a_deadline_reaches_the_provider(client: OfficialClient) -> None:
    render = client("create_with_deadline", model="fake/film", sent=BOAT)
    if client.drops("deadline"):
        assert client.created()[-1]["cancel_after_seconds"] is None
        return
    lasts = datetime.fromisoformat(render["deadline"]) - datetime.fromisoformat(render["created_at"])
    assert lasts == timedelta(seconds=90)


def test_a_file_is_uploaded_read_listed_and_deleted(client: OfficialClient) -> None:
    file = client("upload", name="boat.png", content=ENCODED, kind="image/png", metadata={"scene": 3})
    assert (file["name"], file["content_type"], file["size"]) == ("boat.png", "image/png", len(CONTENT))
    assert file["checksums"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert file["metadata"] == ({} if client.drops("metadata") else {"scene": 3})
    assert client("file", key=file["id"]) == client("files")[0] == file
    assert client("delete_file", key=file["id"]) is True
    with pytest.raises(ClientError) as gone:
        client("file", key=file["id"])
    assert gone.value.status == 404


def test_a_file_is_downloaded(client: OfficialClient) -> None:
    client.needs("download")
    file = client("upload", name="boat.png", content=ENCODED, kind="image/png", metadata={})
    soon = int((clock.now() + timedelta(minutes=1)).timestamp())
    assert client("download", key=file["id"], expiry=soon) == ENCODED


def test_an_image_is_uploaded_on_the_way_into_an_input(client: OfficialClient) -> None:
    client("create_with_file", model="fake/film", content=ENCODED)
    file = client("files")[0]
    assert client.created()[-1]["input"] == {"image": file["urls"]["get"]}
    assert file["checksums"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_the_account_is_read(client: OfficialClient) -> None:
    account = client("account")
    assert (account["type"], account["username"]) == ("organization", "fake")


def test_models_and_their_versions_are_read(client: OfficialClient) -> None:
    client.set_faults(page_size=4)
    assert {"fake/film", "minimax/video-01"} <= set(client("models"))
    model = client("model", name="minimax/video-01")
    assert (model["owner"], model["name"]) == ("minimax", "video-01")
    (version,) = client("versions", name="minimax/video-01")
    assert version == client("version", name="minimax/video-01", key=version["id"]) == model["latest_version"]
    inputs = version["openapi_schema"]["components"]["schemas"]["Input"]
    assert (inputs["required"], "first_frame_image" in inputs["properties"]) == (["prompt"], True)


def test_a_deployment_is_read(client: OfficialClient) -> None:
    deployment = client("deployment", name="acme/films")
    assert (deployment["owner"], deployment["name"]) == ("acme", "films")
    assert deployment["current_release"]["model"] == "acme/films"


@pytest.mark.parametrize(
    ("call", "asked", "status"),
    [
        ("model", {"name": "nobody/nothing"}, 404),
        ("get", {"key": "nobody"}, 404),
        ("create_by_model", {"model": "nobody/nothing", "sent": BOAT}, 404),
        ("create_by_version", {"version": "nobody/nothing", "sent": BOAT}, 422),
        ("create_by_model", {"model": "minimax/video-01", "sent": {}}, 422),
    ],
)
def test_a_refusal_is_an_error_with_its_status(client: OfficialClient, call, asked, status) -> None:
    before = len(client.created())
    with pytest.raises(ClientError) as refused:
        client(call, **asked)
    assert refused.value.status == status
    assert len(client.created()) == before


def test_what_a_client_cannot_do_it_still_cannot(client: OfficialClient) -> None:
    asked = {
        "list_between": {"after": "2026-01-01T00:00:00Z", "before": "2026-01-02T00:00:00Z"},
        "download": {"key": "any", "expiry": 0},
        "progress": {"key": film(client)["id"]},
        "pages_back": {},
    }
    kinds = {}
    for name, call in CANNOT:
        if name == client.name:
            with pytest.raises(ClientError) as refused:
                client(call, **asked[call])
            kinds[name, call] = refused.value.kind
    assert kinds == {pair: kind for pair, kind in CANNOT.items() if pair[0] == client.name} != {}
