"""Awkward files through the whole intake: each is read, or refused in one line that says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landtool.errors import CrsError, InputDataError, LandtoolError
from landtool.intake import Taken, read_layer
from landtool.policy import load_policy
from landtool.schema import LAYERS
from landtool.sources.catalogue import SourceSpec
from landtool.workspace import open_workspace


def test_utf8_attributes_without_a_code_page_file(build):
    workspace = open_workspace(build(["formats/utf8_no_cpg.*"], {
        "parcels": "{path: utf8_no_cpg.shp, columns: {holder: FCNAME}}"}))
    report = workspace.reports["parcels"]
    assert report.rows_in == report.accepted == 1_367
    assert report.sources[0].encoding == "utf-8"
    names = workspace.layers.parcels["holder"].dropna()
    assert names.eq("黑龙江省").any()
    assert not names.str.contains("[\ufffd锟榛]").any()  # neither lost characters nor UTF-8 read as GBK


GEODATABASE = "testopenfilegdb.gdb.zip"  # 37 layers; tests/sources/test_vector.py reads every one
TAKEN = {
    # layer: (rows in, accepted, why the others are not used)
    "polygon": (5, 5, None), "multipolygonzm": (1, 1, None), "polygon25D": (5, 5, None),
    "point": (5, 0, "geometry_not_polygon"), "linestring": (5, 0, "geometry_not_polygon"),
    "multipatch": (5, 0, "geometry_not_polygon"), "null_polygon": (5, 0, "row_empty"),
    "empty_polygon": (5, 0, "row_empty"),
}  # fmt: skip
REFUSED = {
    "none": "no field of layer parcels", "no_field": "no field of layer parcels",
    "several_polygons": "no CRS is stated", "missing": "is not in the file",
}  # fmt: skip


@pytest.fixture(scope="module")
def take(shared_data) -> Callable[[str], Taken]:
    policy = load_policy("national", "2025-12-31")

    def one(name: str) -> Taken:
        return read_layer(shared_data / "formats", "parcels", LAYERS["parcels"],
                          SourceSpec(path=GEODATABASE, layer=name), policy, None, None)

    return one


@pytest.mark.parametrize("name", TAKEN)
def test_layer_of_a_geodatabase_is_accounted_for(take, name):
    rows_in, accepted, reason = TAKEN[name]
    taken = take(name)
    assert (taken.report.rows_in, taken.report.accepted) == (rows_in, accepted)
    gone = taken.problems[taken.problems["scope"] == "row"]
    assert set(gone["kind"]) == ({reason} if reason else set())
    assert len(gone) == taken.report.set_aside == rows_in - accepted


@pytest.mark.parametrize("name", REFUSED)
def test_layer_of_a_geodatabase_is_refused_with_the_mend(take, name):
    with pytest.raises(LandtoolError, match=REFUSED[name]) as refused:
        take(name)
    assert refused.value.mend
    assert GEODATABASE in refused.value.where


def test_survey_layers_in_an_older_datum(build):
    workspace = open_workspace(build(["formats/dltb/*"], {"parcels": "{path: DLTB.shp}"}))
    report = workspace.reports["parcels"]
    assert report.rows_in == report.accepted == 8
    assert report.sources[0].crs.startswith("Xian 1980")
    assert workspace.plane.to_epsg() == 2379


def test_survey_layer_without_a_crs_is_refused_with_the_mend(build):
    folder = build(["formats/dltb/*"], {
        "parcels": "{path: DLTB.shp}", "control_lines": "{path: Polygon.shp, columns: {line_id: Id}}"})
    with pytest.raises(CrsError, match="fits no national grid") as refused:
        open_workspace(folder)
    assert "crs:" in refused.value.mend


def test_survey_layer_without_a_code_names_the_fields_it_has(build):
    folder = build(["formats/dltb/*"], {
        "parcels": "{path: DLTB.shp}", "land_use": "{2020: {path: Polygon.shp, crs: EPSG:2379}}"})
    with pytest.raises(InputDataError, match="land_use_code") as refused:
        open_workspace(folder)
    assert "YSDM" in refused.value.mend
