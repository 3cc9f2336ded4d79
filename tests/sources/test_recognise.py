"""From a folder to a catalogue that a person corrected."""

from __future__ import annotations

import pytest

import landtool as lt
from landtool.errors import InputDataError
from landtool.sources.catalogue import load_catalogue
from landtool.sources.recognise import catalogue_text, recognise

ROWS = "电子监管号,土地面积,成交价款,受让单位,宗地编号2\n5001,2.5,300,甲,P1\n"
SETTINGS = {"name": "某区", "policy": "national", "as_of": "2025-12-31", "crs": "", "language": "zh"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "供地结果.csv").write_text(ROWS, encoding="gbk")
    return tmp_path


def saved(folder, chosen, settings=SETTINGS):
    document, layers = recognise(folder)
    return catalogue_text(document, layers, chosen(layers), settings)


def test_what_is_left_alone_is_not_written(folder):
    text = saved(folder, lambda layers: {})
    assert "columns" not in text
    assert "crs" not in text


def test_units_and_fields_that_were_chosen_are_read(folder):
    def chosen(layers):
        one = layers[0]
        assert one.key == "contracts"
        fields = one.fields.set_index("field")
        assert fields.loc["area_m2", "header"] == "土地面积"
        assert fields.loc["area_m2", "needs_unit"]
        fields.loc["area_m2", "unit"] = "公顷"
        fields.loc["price_cny", ["header", "unit"]] = ["成交价款", "万元"]
        fields.loc["holder", "header"] = "受让单位"
        return {one.key: fields.reset_index()}

    (folder / "landtool.yaml").write_text(saved(folder, chosen), encoding="utf-8")
    load_catalogue(folder)
    contracts = lt.open_workspace(folder).layers.contracts
    assert contracts["area_m2"].tolist() == [25000.0]
    assert contracts["price_cny"].tolist() == [3_000_000.0]
    assert contracts["holder"].tolist() == ["甲"]


def test_a_unit_of_another_kind_is_refused(folder):
    def chosen(layers):
        fields = layers[0].fields.set_index("field")
        fields.loc["area_m2", "unit"] = "万元"
        return {layers[0].key: fields.reset_index()}

    with pytest.raises(InputDataError, match="area_m2"):
        saved(folder, chosen)
