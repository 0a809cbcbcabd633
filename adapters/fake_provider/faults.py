"""What goes wrong, how often and when: by rates with a seed, so that a run can be repeated, or by a script."""

from __future__ import annotations

import random
from collections import Counter
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.fake_provider.echo import EchoChange

CreateFault = Literal[
    "lose_answer",  # created, and the connection is closed without an answer
    "error_after",  # created, and 500
    "half_answer",  # created, and the answer is cut in the middle
    "hang_after",  # created, and no answer ever comes
    "garbage",  # created, and the answer is a page of HTML
    "error_before",  # 500, nothing created
    "reset_before",  # the connection is closed, nothing created
    "hang_before",  # no answer ever comes, nothing created
    "throttle",
    "unauthorized",
    "no_credit",
    "not_found",
    "invalid",
]
ReadFault = Literal["error", "reset", "half_answer", "hang", "throttle", "not_found", "unauthorized", "garbage"]
RenderFault = Literal[
    "fail",
    "cancel",
    "abort",
    "stall",
    "unknown_status",
    "no_output",
    "list_output",
    "nested_output",
    "data_output",
    "text_output",
]
DownloadFault = Literal[
    "cut",
    "truncated",
    "stall",
    "html",
    "empty",
    "tiny",
    "wrong_type",
    "gone",
    "missing",
    "forbidden",
    "error",
]

Operation = Literal["create", "render", "get", "list", "cancel", "file", "schema", "download"]

FAULTS_OF: dict[str, frozenset[str]] = {
    "create": frozenset(get_args(CreateFault)),
    "render": frozenset(get_args(RenderFault)),
    "download": frozenset(get_args(DownloadFault)),
    **dict.fromkeys(("get", "list", "cancel", "file", "schema"), frozenset(get_args(ReadFault))),
}
NO_FAULT = "ok"
MOST_SCRIPTED = 100_000

Rate = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class Faults(BaseModel):
    """What goes wrong. A script is used first, one entry for each call (`ok` for no fault); then the rates."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    rates: dict[Operation, dict[str, Rate]] = {}
    script: dict[Operation, Annotated[list[str], Field(max_length=MOST_SCRIPTED)]] = {}
    starting_seconds: Seconds = 0.05
    render_seconds: Seconds = 0.3
    list_lag_seconds: Seconds = 0.0
    data_removed_after_seconds: Seconds = 3600.0
    output_expires_after_seconds: Seconds = 3600.0
    forgotten_after_seconds: Seconds | None = None
    """When a render that has ended can neither be asked for nor listed any more; None: never."""
    retry_after_seconds: int = Field(default=1, ge=0)
    hang_seconds: Seconds = 600.0
    page_size: int = Field(default=100, ge=1, le=1000)
    clock_ahead_seconds: float = 0.0
    """How far the provider's clock is ahead: in its times, its `Date` and for `created_after`."""
    adds_defaults: bool = False
    """Echo the input with one more field and in another order, as some models do."""
    echoes: dict[str, EchoChange] = {}
    """How fields of an input are echoed otherwise than they were sent, by name; `*` is every other field."""
    same_id_for_equal_input: bool = False
    """Answer a create of a model and input that is there already with that render, as a gateway with a cache does."""
    models: list[str] = ["fake/*", "acme/*"]
    """Models that exist besides those of the shipped profiles, as patterns. They take any input."""
    renamed_models: dict[str, str] = {}
    """The new names of models by their old ones: renders are shown under the new one, and both names work."""
    video_seconds: Annotated[float, Field(gt=0, le=60)] | None = None
    price_per_second: Annotated[float, Field(ge=0)] = 0.10

    @model_validator(mode="after")
    def _faults_exist(self) -> Faults:
        named = [(on, name) for on, rates in self.rates.items() for name in rates]
        named += [(on, name) for on, script in self.script.items() for name in script if name != NO_FAULT]
        for on, name in named:
            if name not in FAULTS_OF[on]:
                raise ValueError(f"{on} has no fault {name!r}: one of {', '.join(sorted(FAULTS_OF[on]))}")
        if any(sum(rates.values()) > 1 for rates in self.rates.values()):
            raise ValueError("the rates of one operation add up to more than 1")
        return self


class FaultChooser:
    """Chooses the fault of each call. With the same seed call n of an operation gets the same one in every run."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.injected: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def reload(self, faults: Faults) -> None:
        """Begin again with other faults."""
        self.faults = faults
        self._calls.clear()

    def fault(self, on: Operation) -> str | None:
        """Return the fault of this call, None for none; `injected` counts them."""
        name = self._choose(on)
        if name is not None:
            self.injected[f"{on}:{name}"] += 1
        return name

    def _choose(self, on: Operation) -> str | None:
        script = self.faults.script.get(on)
        if script:
            name = script.pop(0)
            return None if name == NO_FAULT else name
        self._calls[on] += 1
        number = random.Random(f"{self.faults.seed}:{on}:{self._calls[on]}").random()
        for name, rate in self.faults.rates.get(on, {}).items():
            number -= rate
            if number < 0:
                return name
        return None

    def cut_at(self, size: int, on: Operation) -> int:
        """Return where an answer of that size is cut: between a quarter and three quarters."""
        part = random.Random(f"{self.faults.seed}:{on}:cut:{self._calls[on]}").uniform(0.25, 0.75)
        return max(int(size * part), 1)
