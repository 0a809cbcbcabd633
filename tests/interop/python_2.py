"""Calls of the official Python client, beta of version 2, in its own words. It checks each answer against its types."""

from __future__ import annotations

import base64
import io

from lines import answer_lines
from replicate import Replicate

client = Replicate(_strict_response_validation=True)


def shown(resource) -> dict:
    return resource.to_dict(mode="json")


def split(name) -> dict[str, str]:
    owner, _, short = name.partition("/")
    return {"model_owner": owner, "model_name": short}


def deployment_named(name) -> dict[str, str]:
    owner, _, short = name.partition("/")
    return {"deployment_owner": owner, "deployment_name": short}


def create_by_model(model, sent, wait=None) -> dict:
    prefer = {} if wait is None else {"prefer": "wait" if wait is True else f"wait={wait}"}
    return shown(client.models.predictions.create(**split(model), input=sent, **prefer))


def create_by_version(version, sent) -> dict:
    return shown(client.predictions.create(version=version, input=sent))


def create_by_deployment(deployment, sent) -> dict:
    return shown(client.deployments.predictions.create(**deployment_named(deployment), input=sent))


def create_with_file(model, content) -> dict:
    return create_by_model(model, {"image": io.BytesIO(base64.b64decode(content))})


def create_with_deadline(model, sent) -> dict:
    return shown(client.models.predictions.create(**split(model), input=sent, cancel_after="90s"))


def list_between(after, before) -> dict:
    page = client.predictions.list(created_after=after, created_before=before)
    return {"results": [shown(one) for one in page.results], "next": page.next}


def pages() -> list[list[str]]:
    return [[one.id for one in page.results] for page in client.predictions.list().iter_pages()]


def upload(name, content, kind, metadata) -> dict:
    file = (name, base64.b64decode(content), kind)
    return shown(client.files.create(content=file, filename=name, type=kind, metadata=metadata))


def download(key, expiry) -> str:
    answer = client.files.download(file_id=key, expiry=expiry, owner="fake", signature="any")
    return base64.b64encode(answer.read()).decode()


answer_lines(
    {
        "create_by_model": create_by_model,
        "create_by_version": create_by_version,
        "create_by_deployment": create_by_deployment,
        "create_with_file": create_with_file,
        "create_with_deadline": create_with_deadline,
        "get": lambda key: shown(client.predictions.get(prediction_id=key)),
        "run": lambda ref, sent: client.run(ref, input=sent),
        "stream": lambda ref, sent: [str(event) for event in client.stream(ref, input=sent)],
        "wait": lambda key: shown(client.predictions.wait(key)),
        "progress": lambda key: client.predictions.get(prediction_id=key).progress,
        "cancel": lambda key: shown(client.predictions.cancel(prediction_id=key)),
        "list": lambda: shown(client.predictions.list()),
        "list_between": list_between,
        "pages": pages,
        "pages_back": lambda: client.predictions.list().get_previous_page(),
        "upload": upload,
        "files": lambda: [shown(one) for one in client.files.list()],
        "file": lambda key: shown(client.files.get(file_id=key)),
        "delete_file": lambda key: client.files.delete(file_id=key) is None,
        "download": download,
        "account": lambda: shown(client.account.get()),
        "models": lambda: [f"{one.owner}/{one.name}" for one in client.models.list()],
        "model": lambda name: shown(client.models.get(**split(name))),
        "versions": lambda name: [shown(one) for one in client.models.versions.list(**split(name))],
        "version": lambda name, key: shown(client.models.versions.get(**split(name), version_id=key)),
        "deployment": lambda name: shown(client.deployments.get(**deployment_named(name))),
    }
)
