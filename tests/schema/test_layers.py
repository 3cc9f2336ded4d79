"""The layers as data: complete, consistent, and with texts for every problem."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
import yaml

import landtool.schema
from landtool import messages
from landtool.schema import LAYERS
from landtool.schema.dictionary import field_dictionary
from landtool.schema.facts import FOLLOWS, ONE_OF, ZERO_MEANS_NONE
from landtool.units import DIMENSIONS

NAMES = [
    "districts", "parks", "parcels", "contracts", "government_causes", "commitments", "enterprises",
    "occupancy", "operations", "buildings", "approvals", "land_use", "control_lines", "proposals",
    "park_statistics", "candidate_projects",
]  # fmt: skip


def test_all_layers_are_there():
    assert list(LAYERS) == NAMES


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_fields_are_consistent(layer):
    assert len(set(layer.names)) == len(layer.names)
    for field in layer.fields:
        assert field.zh
        assert field.en
        assert (field.kind == "choice") == bool(field.choices)
        suffix = re.search(r"_(cny_m2|m2|cny|pct|tce)$", field.name)
        assert field.unit == (suffix.group(1) if suffix else field.unit)
        if field.unit in DIMENSIONS and field.unit not in ("m2", "cny"):
            assert field.default_unit
        if field.unit in ("m2", "cny", "cny_m2"):
            assert not field.default_unit, "the unit of areas and money is never assumed"
    assert set(layer.unique_key) <= set(layer.names)


def test_no_alias_belongs_to_two_fields_of_a_layer():
    for layer in LAYERS.values():
        aliases = [alias for field in layer.fields for alias in field.aliases]
        assert len(aliases) == len(set(aliases)), layer.name


def test_no_spelling_belongs_to_two_choices():
    for layer in LAYERS.values():
        for field in layer.fields:
            spellings = [text for texts in (field.choices or {}).values() for text in texts]
            assert len(spellings) == len(set(spellings)), (layer.name, field.name)


def test_facts_name_fields_that_are_there():
    for name, groups in ONE_OF.items():
        assert all(field in LAYERS[name].names for group in groups for field in group)
    for name, fields in ZERO_MEANS_NONE.items():
        assert set(fields) <= set(LAYERS[name].names)
    for name, pairs in FOLLOWS.items():
        assert set(pairs) | set(pairs.values()) <= set(LAYERS[name].names)


def test_blanks_that_say_something():
    known = {field.name for layer in LAYERS.values() for field in layer.fields if field.blank_is_known}
    assert known == {
        "actual_delivery_date", "actual_start_date", "actual_completion_date", "actual_production_date",
        "agreed_start_date", "agreed_delivery_date", "suspended_since_date", "to_date",
        "total_investment_includes_land", "disposal_start_date",
    }  # fmt: skip


@pytest.mark.parametrize(("file", "top", "layer", "field"), [
    ("supply.yml", "modes", "contracts", "supply_mode"),
    ("government_causes.yml", "causes", "government_causes", "cause_code"),
    ("disposal_routes.yml", "routes", "contracts", "disposal_route"),
])  # fmt: skip
def test_choices_agree_with_the_code_tables(file, top, layer, field):
    table = yaml.safe_load((resources.files("landtool") / "codes" / file).read_text(encoding="utf-8"))[top]
    choices = LAYERS[layer].field(field).choices
    assert set(choices) == set(table)
    for name, entry in table.items():
        assert set(entry["names"]) <= {*choices[name], name}, name


def test_every_kind_of_problem_has_texts():
    folder = Path(landtool.schema.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    kinds = set(
        re.findall(
            r'(?:kind="|Issue\("|HeaderNote\("|note\("|found\.append\(\("|found = \[\(")'
            r'([a-z_]+)"',
            code,
        )
    )
    assert {"key_made", "unit_unknown", "row_empty", "date_unreadable", "duplicate_row"} <= kinds
    for kind in kinds - {"stable"}:
        for language in messages.LANGUAGES:
            for what in ("problem", "remedy"):
                text = messages.template(f"{what}.{kind}", language)
                assert set(re.findall(r"\{(\w+)", text)) <= {"field", "value", "detail"}


def test_the_dictionary_lists_every_field():
    table = field_dictionary()
    assert len(table) == sum(len(layer.fields) for layer in LAYERS.values())
    row = table[(table["layer"] == "contracts") & (table["name"] == "price_cny")].iloc[0]
    assert (row["unit"], row["zh"], row["kind"]) == ("cny", "成交价格", "number")
    assert "成交价款" in row["aliases"]
