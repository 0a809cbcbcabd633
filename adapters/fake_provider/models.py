"""What can be read beside renders and files: the account, models with their versions, deployments."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.paging import page_of
from adapters.fake_provider.state import ProviderState, answered, faulty, problem

ACCOUNT = {
    "type": "organization",
    "username": "fake",
    "name": "The fake provider",
    "avatar_url": None,
    "github_url": None,
}
PUBLISHED_AT = "2025-01-01T00:00:00.000000000Z"
COG_VERSION = "0.16.2"
HARDWARE = {"hardware": "gpu-h100", "min_instances": 0, "max_instances": 5}


async def describe_account(request: Request, state: ProviderState) -> Response:  # noqa: ARG001 - the form of a handler
    """Return the account, which is the same for every token."""
    return JSONResponse(ACCOUNT)


async def list_models(request: Request, state: ProviderState) -> Response:
    """Return a page of models."""
    try:
        page = page_of(request, state.catalogue.names, size=state.faults.page_size)
    except ValueError:
        return problem(400, "Bad request", "cursor cannot be read")
    return answered(state, "schema", JSONResponse(page.body([_model(state, name) for name in page.keys])))


async def describe_model(request: Request, state: ProviderState) -> Response:
    """Return a model with its latest version."""
    name = _known(request, state)
    return answered(state, "schema", JSONResponse(_model(state, name)) if name else faulty(state, "not_found"))


async def list_versions(request: Request, state: ProviderState) -> Response:
    """Return the versions of a model: there is one."""
    name = _known(request, state)
    if name is None:
        return faulty(state, "not_found")
    body = {"previous": None, "next": None, "results": [_version(state, name, state.catalogue.version_of(name))]}
    return answered(state, "schema", JSONResponse(body))


async def describe_version(request: Request, state: ProviderState) -> Response:
    """Return one version of a model."""
    name, version = _known(request, state), request.path_params["version"]
    if name is None or not state.catalogue.has_version(name, version):
        return faulty(state, "not_found")
    return answered(state, "schema", JSONResponse(_version(state, name, version)))


async def describe_deployment(request: Request, state: ProviderState) -> Response:
    """Return a deployment: it runs the model of the same name."""
    name = _known(request, state)
    if name is None:
        return faulty(state, "not_found")
    owner, _, short = name.partition("/")
    release = {
        "number": 1,
        "model": name,
        "version": state.catalogue.version_of(name),
        "created_at": PUBLISHED_AT,
        "created_by": ACCOUNT,
        "configuration": HARDWARE,
    }
    return answered(state, "schema", JSONResponse({"owner": owner, "name": short, "current_release": release}))


def _known(request: Request, state: ProviderState) -> str | None:
    """Return the model of the address under its newest name, None where there is none."""
    name = f"{request.path_params['owner']}/{request.path_params['name']}"
    if state.catalogue.input_schema(name) is None:
        return None
    name = state.faults.renamed_models.get(name, name)
    state.seen_models.add(name)
    return name


def _model(state: ProviderState, name: str) -> dict[str, Any]:
    owner, _, short = name.partition("/")
    return {
        "url": f"{state.base_url}/{name}",
        "owner": owner,
        "name": short,
        "description": "Films images, as the fake provider does",
        "visibility": "public",
        "is_official": True,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": sum(entry.model == name for entry in state.books),
        "cover_image_url": None,
        "default_example": None,
        "latest_version": _version(state, name, state.catalogue.version_of(name)),
    }


def _version(state: ProviderState, name: str, version: str) -> dict[str, Any]:
    schema = state.catalogue.input_schema(name) or {}
    fields = {
        field: {"title": field.replace("_", " ").capitalize(), "x-order": place, **rule}
        for place, (field, rule) in enumerate(schema.get("properties", {}).items())
    }
    schemas = {
        "Input": {**schema, "title": "Input", "properties": fields},
        "Output": {"type": "string", "title": "Output", "format": "uri"},
    }
    return {
        "id": version,
        "created_at": PUBLISHED_AT,
        "cog_version": COG_VERSION,
        "openapi_schema": {
            "openapi": "3.0.2",
            "info": {"title": "Cog", "version": "0.1.0"},
            "paths": {},
            "components": {"schemas": schemas},
        },
    }
