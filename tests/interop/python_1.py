"""Calls of the official Python client, version 1, in its own words."""

from __future__ import annotations

import base64
import io

from lines import answer_lines
from replicate import Client
from replicate.pagination import Page, paginate

client = Client()


def shown(resource) -> dict:
    return resource.dict()


def page_shown(page: Page) -> dict:
    return {"results": [shown(one) for one in page], "previous": page.previous, "next": page.next}


def create_by_model(model, sent, wait=None) -> dict:
    return shown(client.models.predictions.create(model, sent, **({} if wait is None else {"wait": wait})))


def create_by_version(version, sent) -> dict:
    return shown(client.predictions.create(version=version, input=sent))


def create_by_deployment(deployment, sent) -> dict:
    return shown(client.deployments.get(deployment).predictions.create(input=sent))


def create_with_file(model, content) -> dict:
    return create_by_model(model, {"image": io.BytesIO(base64.b64decode(content))})


def create_with_deadline(model, sent) -> dict:
    return shown(client.models.predictions.create(model, sent, cancel_after="90s"))


def wait(key) -> dict:
    prediction = client.predictions.get(key)
    prediction.wait()
    return shown(prediction)


def progress(key) -> float | None:
    found = client.predictions.get(key).progress
    return found and found.percentage


def cancel(key) -> dict:
    prediction = client.predictions.get(key)
    prediction.cancel()
    return shown(prediction)


def pages() -> list[list[str]]:
    return [[one.id for one in page] for page in paginate(client.predictions.list)]


def pages_back() -> list[list[str]]:
    *_, page = paginate(client.predictions.list)
    back = [page]
    while back[-1].previous is not None:
        back.append(client.predictions.list(back[-1].previous))
    return [[one.id for one in page] for page in back]


def upload(name, content, kind, metadata) -> dict:
    file = io.BytesIO(base64.b64decode(content))
    return shown(client.files.create(file, filename=name, content_type=kind, metadata=metadata))


def model(name) -> dict:
    return shown(client.models.get(name))


def versions(name) -> list[dict]:
    return [shown(one) for one in client.models.get(name).versions.list()]


answer_lines(
    {
        "create_by_model": create_by_model,
        "create_by_version": create_by_version,
        "create_by_deployment": create_by_deployment,
        "create_with_file": create_with_file,
        "create_with_deadline": create_with_deadline,
        "get": lambda key: shown(client.predictions.get(key)),
        "run": lambda ref, sent: client.run(ref, input=sent),
        "stream": lambda ref, sent: [str(event) for event in client.stream(ref, input=sent)],
        "wait": wait,
        "progress": progress,
        "cancel": cancel,
        "list": lambda: page_shown(client.predictions.list()),
        "list_between": lambda after, before: client.predictions.list(created_after=after, created_before=before),
        "pages": pages,
        "pages_back": pages_back,
        "upload": upload,
        "files": lambda: [shown(one) for one in client.files.list()],
        "file": lambda key: shown(client.files.get(key)),
        "delete_file": lambda key: client.files.delete(file_id=key),
        "download": lambda key, expiry: client.files.download(key, expiry=expiry),
        "account": lambda: shown(client.accounts.current()),
        "models": lambda: [f"{one.owner}/{one.name}" for page in paginate(client.models.list) for one in page],
        "model": model,
        "versions": versions,
        "version": lambda name, key: shown(client.models.get(name).versions.get(key)),
        "deployment": lambda name: shown(client.deployments.get(name)),
    }
)
