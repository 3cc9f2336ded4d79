"""One more source in a catalogue: what it says changes in one place, its comments stay."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.catalogue import load_catalogue
from landtool.sources.catalogue_edit import with_source

WRITTEN = """\
# 我们的工作区
name: 某区  # 报告上的名称
layers:
  parcels: {path: parcels.shp, columns: {holder: 使用人}}  # 宗地
  # 以下待核对
  contracts: {path: a.csv}
  land_use:  # 各时点
    2020: {path: a.gpkg, classification: tdlb-2019}
  rasters:
    - {path: x.tif, kind: ndvi, date: 2025-07-01}
"""


def layers(text: str) -> dict:
    return yaml.safe_load(text)["layers"]


@pytest.mark.parametrize(("key", "spec"), [
    ("operations", {"path": "运营: 2025.csv"}), ("parcels", {"path": "b.gpkg", "layer": "地块"}),
    ("contracts", {"path": ["a.csv", "b.csv"], "columns": {"price_cny": {"field": "价款", "unit": "万元"}}}),
    ("land_use:2025", {"path": "b.gpkg", "classification": "yhfl-2023"}), ("land_use:2020", {"path": "c.gpkg"}),
    ("land_use:plan-2035", {"path": "#1 {x}.gpkg"}),
])  # fmt: skip
def test_one_source_changes_and_every_remark_stays(key, spec):
    made = with_source(WRITTEN, key, spec)
    name, _, snapshot = key.partition(":")
    before, after = layers(WRITTEN), layers(made)
    mine = after[name] if not snapshot else {str(k): v for k, v in after[name].items()}[snapshot]
    assert mine == spec
    for other in set(before) - {name}:
        assert after[other] == before[other]
    for remark in ("# 我们的工作区", "# 报告上的名称", "# 宗地", "# 以下待核对", "# 各时点"):
        assert remark in made
    assert with_source(made, key, spec) == made


@pytest.mark.parametrize("text", [
    "layers: {parcels: {path: a.shp}}\n",
    "layers:\n  contracts:\n    path: a.csv\n    sheet: 0\n",
    "layers:\n  land_use: {2020: {path: a.gpkg}}\n",
    "layers:\n    contracts: {path: a.csv}",
    "layers:\n  parcels: {path: a.shp}\n  land_use:\n    '2025': {path: a.gpkg}\n",
])  # fmt: skip
@pytest.mark.parametrize("key", ["contracts", "land_use:2025"])
def test_however_it_is_written(text, key):
    made = layers(with_source(text, key, {"path": "neu.csv"}))
    name, _, snapshot = key.partition(":")
    mine = made[name] if not snapshot else {str(k): v for k, v in made[name].items()}[snapshot]
    assert mine == {"path": "neu.csv"}
    assert set(layers(text)) <= set(made)


@given(name=st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable() and text.strip()))
def test_any_file_name_is_read_back(name):
    assert layers(with_source(WRITTEN, "operations", {"path": name}))["operations"] == {"path": name}


def test_the_catalogue_can_be_read_again(tmp_path):
    for name in ("parcels.shp", "a.csv", "a.gpkg", "x.tif", "o.csv"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "landtool.yaml").write_text(with_source(WRITTEN, "operations", {"path": "o.csv"}), encoding="utf-8")
    assert load_catalogue(tmp_path).layers["operations"].path == "o.csv"


@pytest.mark.parametrize("text", ["", "a: [", "name: x\n", "layers: []\n"])
def test_what_is_no_catalogue_is_refused(text):
    with pytest.raises(InputDataError, match=r"landtool\.yaml"):
        with_source(text, "contracts", {"path": "a.csv"})
