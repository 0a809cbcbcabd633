"""Events as text: exact, tolerant of what newer programs add, upcast from what older ones wrote."""

from __future__ import annotations

import typing
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.sql.log.codec import Codec, decode_metadata, encode_metadata
from domain import events as e
from domain.cost import Prices
from domain.errors import Refused
from domain.storyboard import OutputWishes, Scene
from domain.warnings import JobWarning
from tests.adapters.sql.drives import approved, progressed, requested

SAMPLES = {
    "str": "text é \x00",
    "int": 7,
    "Mapping[str, object]": {"prompt": "a hill", "seed": 7, "images": [{"sha256": "a"}, 2.5, None, True]},
    "float": 2.5,
    "bool": True,
    "Decimal": Decimal("0.10"),
    "datetime": datetime(2026, 11, 22, 18, 0, 0, 123456, tzinfo=UTC),
    "Basis": "provider_metric",
    "Resolution": "adopted",
    "Prices": Prices(per_image=Decimal("0.003"), per_second=Decimal("0.45"), unit="run"),
    "OutputWishes": OutputWishes(width=1280),
    "tuple[Scene, ...]": (Scene(scene_number=1, image_url="u"), Scene(scene_number=2, image_url="v", image_prompt="p")),
    "tuple[AttemptCost, ...]": (e.AttemptCost(attempt=1, cost=Decimal("1E+2"), basis="not_billed"),),
    "tuple[JobWarning, ...]": (JobWarning(field="output.width", message="The video is small"),),
}


@pytest.mark.parametrize("kind", e.EVENT_TYPES.values(), ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was(kind):
    codec = Codec()
    full = kind(**{one.name: SAMPLES[one.type.removesuffix(" | None")] for one in fields(kind)})
    bare = kind(
        **{
            one.name: None if one.type.endswith("| None") else SAMPLES[one.type]
            for one in fields(kind)
            if one.default is MISSING
        }
    )
    for event in (full, bare):
        encoded = codec.encode(event)
        assert codec.decode(encoded.type, encoded.schema_version, encoded.data) == event


def test_money_is_an_exact_json_number():
    data = Codec().encode(approved(estimated_cost=Decimal("2.50"))).data
    assert '"estimated_cost":2.50' in data


def test_fields_that_a_newer_program_added_are_ignored():
    data = Codec().encode(progressed()).data.replace("{", '{"mood":"good",', 1)
    assert Codec().decode("RenderProgressed", 1, data) == progressed()


@pytest.mark.parametrize(
    ("name", "version", "data", "reason"),
    [
        ("RenderDreamt", 1, "{}", "newer program"),
        ("RenderProgressed", 2, "{}", "newer program"),
        ("RenderProgressed", 1, "{", "cannot be read"),
        ("RenderProgressed", 1, '{"percent":"five"}', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_name(name, version, data, reason):
    with pytest.raises(Refused, match=f"{name} version {version} .*{reason}"):
        Codec().decode(name, version, data)


def test_a_text_that_is_no_unicode_is_refused():
    with pytest.raises(Refused, match="RenderRequested cannot be stored"):
        Codec().encode(requested(token="\ud800"))


@dataclass(frozen=True, kw_only=True)
class Painted:
    colour: str
    cost: Decimal
    coats: int


def _name_the_colour(fields: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {"colour": fields["color"], "cost": fields["cost"]}


def _count_the_coats(fields: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {**fields, "coats": 1}


def test_an_old_event_is_upcast_step_by_step_and_keeps_its_exact_money():
    upcasts = {("Painted", 1): _name_the_colour, ("Painted", 2): _count_the_coats}
    codec = Codec(types={"Painted": Painted}, upcasts=upcasts)
    expected = Painted(colour="red", cost=Decimal("0.1000000000000000055"), coats=1)
    assert codec.decode("Painted", 1, '{"color":"red","cost":0.1000000000000000055}') == expected
    assert codec.decode("Painted", 2, '{"colour":"red","cost":0.1000000000000000055}') == expected
    encoded = codec.encode(expected)
    assert encoded.schema_version == 3
    assert codec.decode("Painted", 3, encoded.data) == expected


def test_an_upcast_that_fails_is_refused_with_the_version_it_began_at():
    codec = Codec(types={"Painted": Painted}, upcasts={("Painted", 1): _name_the_colour})
    with pytest.raises(Refused, match="Painted version 1 cannot be read"):
        codec.decode("Painted", 1, "{}")


def test_a_missing_step_is_not_jumped_over():
    codec = Codec(types={"Painted": Painted}, upcasts={("Painted", 2): _count_the_coats})
    with pytest.raises(Refused, match="Painted version 1 cannot be read"):
        codec.decode("Painted", 1, '{"colour":"red","cost":1}')


def test_metadata_comes_back_and_damage_is_refused():
    assert decode_metadata(encode_metadata({"a": "é"})) == {"a": "é"}
    assert decode_metadata(encode_metadata({})) == {}
    with pytest.raises(Refused):
        decode_metadata("{")
    with pytest.raises(Refused):
        encode_metadata({"a": "\ud800"})
