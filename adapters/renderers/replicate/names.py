"""The names and versions under which renders of a model are listed, as far as they are known."""

from __future__ import annotations

from adapters.renderers.replicate.model import ModelRef

MOST_KNOWN = 20
HIDDEN_VERSION = "hidden"


class ModelNames:
    """What the provider calls a model: as configured, as published, and as our own creates were answered."""

    def __init__(self, model: ModelRef | None) -> None:
        is_named = model is not None and model.name is not None and model.endpoint != "deployment"
        self._names = [model.name.casefold()] if model and model.name and is_named else []
        self._versions = [model.version] if model and model.version else []

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names, in lower case."""
        return tuple(self._names)

    @property
    def versions(self) -> tuple[str, ...]:
        """Return the versions."""
        return tuple(self._versions)

    def learn(self, *, name: str | None, version: str | None) -> None:
        """Remember another name or version."""
        if name and name.casefold() not in self._names and len(self._names) < MOST_KNOWN:
            self._names.append(name.casefold())
        if version and version != HIDDEN_VERSION and version not in self._versions and len(self._versions) < MOST_KNOWN:
            self._versions.append(version)
