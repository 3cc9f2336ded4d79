"""The files of the synthetic town: what bureaus send, with its faults, and plain ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from openpyxl import load_workbook

from landtool.errors import InputDataError, OutputError
from landtool.sample import Town, make_town, write_town
from landtool.sample.catalogue_text import MIXED_FILES
from landtool.sample.headers import SNAPSHOT_NAMES, SURVEY_NAMES, header
from landtool.schema import LAYERS
from landtool.schema.headers import map_headers
from landtool.sources.catalogue import load_catalogue

FIVE_MB = 5_000_000


def test_the_demo_is_small(mixed: Path) -> None:
    assert sum(file.stat().st_size for file in mixed.rglob("*")) < FIVE_MB


def test_the_catalogue_is_valid_and_names_every_file(mixed: Path, town: Town) -> None:
    catalogue = load_catalogue(mixed)
    assert (str(catalogue.as_of), catalogue.policy, catalogue.crs) == (
        "2025-12-31", "chongqing-2021", "EPSG:4545")  # fmt: skip
    assert set(catalogue.layers) == set(town.layers)
    assert set(catalogue.land_use) == {"2020", "2025", "plan-2035"}
    specs = [*catalogue.layers.values(), *catalogue.land_use.values(), *catalogue.rasters]
    named = {path for spec in specs for path in catalogue.files(spec)}
    beside = {file for file in mixed.iterdir() if file.suffix not in (".dbf", ".shx", ".prj")}
    assert named == beside - {mixed / "landtool.yaml"}


def test_every_header_is_known_with_its_unit(mixed: Path, town: Town) -> None:
    catalogue = load_catalogue(mixed)
    for name, frame in town.layers.items():
        layer = LAYERS[name]
        suffix = Path(MIXED_FILES[name]).suffix
        columns = frame.columns.drop("geometry", errors="ignore")
        if suffix == ".shp":
            headers = list(SURVEY_NAMES.values())
        elif suffix in (".fgb", ".geojson"):
            headers = list(columns)
        else:
            headers = [header(name, layer.field(column)) for column in columns]
        chosen = {key: choice if isinstance(choice, str) else choice.model_dump()
                  for key, choice in catalogue.layers[name].columns.items()}  # fmt: skip
        mapping, notes = map_headers(headers, layer, chosen)
        expected = sorted(zip(columns, headers, strict=True),
                          key=lambda pair: layer.names.index(pair[0]))  # fmt: skip
        assert [(one.canonical, one.field_in_source) for one in mapping] == expected, name
        assert not notes, (name, notes)
        measured = [one for one in mapping if layer.field(one.canonical).unit in ("m2", "cny", "cny_m2")]
        assert all(one.unit for one in measured), name
    chosen = {"recorded_area_m2": {"field": "TBMJ", "unit": "平方米"}}
    mapping, _ = map_headers(list(SNAPSHOT_NAMES.values()), LAYERS["land_use"], chosen)
    assert len(mapping) == len(SNAPSHOT_NAMES)


def test_the_shapefile_is_gbk_and_does_not_say_so(mixed: Path, town: Town) -> None:
    assert not (mixed / "parcels.cpg").exists()
    frame = pyogrio.read_dataframe(mixed / "parcels.shp", encoding="GBK")
    parcels = town.layers["parcels"]
    assert frame["权利人"].fillna("").tolist() == parcels["holder"].fillna("").tolist()
    assert frame["ZDDM"].tolist() == parcels["parcel_id"].tolist()
    assert np.allclose(frame["HTMJ"], parcels["contract_area_m2"], equal_nan=True)
    assert all(len(name.encode("gbk")) <= 10 for name in SURVEY_NAMES.values())


def test_the_workbook_has_a_title_and_units_in_its_headers(mixed: Path, town: Town) -> None:
    book = load_workbook(mixed / "供地结果.xlsx", read_only=True)
    sheet = list(book.worksheets[0].iter_rows())
    title, headers, *cells = [[cell.value for cell in row] for row in sheet]
    assert "示例" in title[0]
    assert {"成交价款(万元)", "面积(公顷)"} <= set(headers)
    assert len(cells) == len(town.layers["contracts"])
    column = headers.index("成交价款(万元)")
    raw = town.raw_cells.set_index("field")
    assert cells[raw.loc["price_cny", "row"]][column] == "面议"
    prices = pd.to_numeric(pd.Series([row[column] for row in cells]), errors="coerce") * 1e4
    assert np.allclose(prices, town.layers["contracts"]["price_cny"], equal_nan=True, rtol=1e-12)
    holder = headers.index("土地使用权人")
    formula = [row[holder] for row in sheet[2:] if row[holder].value == "=1+1"]
    assert [cell.data_type for cell in formula] == ["s"]


def test_tables_hold_what_the_layers_hold(mixed: Path, town: Town) -> None:
    made = pd.read_csv(mixed / "operations.csv", encoding="gb18030", dtype={"统一社会信用代码": "str"})
    known = pd.to_numeric(made["工业总产值(万元)"], errors="coerce") * 1e4
    assert np.allclose(known, town.layers["operations"]["gross_output_cny"], equal_nan=True)
    assert (made["工业总产值(万元)"] == "保密").sum() == 1
    assert made["统一社会信用代码"].str.fullmatch("[0-9A-Z]{18}").all()


def test_snapshots_and_rasters_are_written_whole(mixed: Path, town: Town) -> None:
    survey = pyogrio.read_dataframe(mixed / "dltb_2020.gdb", layer="DLTB")
    same_area = survey.area.sum(), town.land_use["2020"].area.sum()
    assert same_area[0] == pytest.approx(same_area[1], abs=1)
    assert survey["DLBM"].tolist() == town.land_use["2020"]["land_use_code"].tolist()
    present = gpd.read_parquet(mixed / "dltb_2025.parquet")
    assert present.geometry.geom_equals_exact(town.land_use["2025"].geometry, 0).all()
    plan = pyogrio.read_dataframe(f"/vsizip/{mixed}/plan_2035.zip")
    assert plan["DLMC"].tolist() == town.land_use["plan-2035"]["land_use_name"].tolist()
    for name, raster in town.rasters.items():
        with rasterio.open(mixed / f"{name}.tif") as source:
            assert source.crs.to_epsg() == 4545
            assert np.array_equal(source.read(1), raster.values)


def test_writing_twice_replaces_and_gives_the_same_tables(town: Town, tmp_path: Path) -> None:
    small = make_town(seed=0, parcels=120)
    one, two = write_town(small, tmp_path / "a").parent, write_town(small, tmp_path / "b").parent
    write_town(small, one)
    for name in ("parcels.shp", "parcels.dbf", "operations.csv", "buildings.fgb", "ndvi.tif",
                 "dltb_2025.parquet", "plan_2035.zip", "proposals.geojson", "planning.gpkg",
                 "landtool.yaml", "供地结果.xlsx"):  # fmt: skip
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    assert len(pyogrio.list_layers(one / "planning.gpkg")) == 4


def test_plain_formats_hold_canonical_names(town: Town, tmp_path: Path) -> None:
    root = write_town(town, tmp_path / "plain", formats="plain").parent
    catalogue = load_catalogue(root)
    assert set(catalogue.layers) == set(town.layers)
    parcels = gpd.read_parquet(root / "parcels.parquet")
    assert parcels.columns.tolist() == town.layers["parcels"].columns.tolist()
    contracts = pd.read_csv(root / "contracts.csv", dtype="str")
    assert contracts.columns.tolist() == town.layers["contracts"].columns.tolist()
    assert "2021-02-30" in contracts["actual_completion_date"].tolist()
    assert len(contracts) == len(town.layers["contracts"])


def test_somebody_elses_workspace_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "landtool.yaml").write_text("name: 我的数据\n", encoding="utf-8")
    small = make_town(parcels=40, problems=False)
    with pytest.raises(OutputError, match="somebody's own"):
        write_town(small, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["landtool.yaml"]
    with pytest.raises(InputDataError, match="unknown formats"):
        write_town(small, tmp_path / "x", formats="odd")  # type: ignore[arg-type]
    shutil.rmtree(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_town(make_town(parcels=40, problems=False), tmp_path / "file" / "demo")


@pytest.mark.parametrize("formats", ["mixed", "plain"])
def test_a_part_of_a_town_is_written_as_a_workspace(tmp_path: Path, formats: str) -> None:
    part = make_town(parcels=40, problems=False, only=["parcels", "contracts"])
    root = write_town(part, tmp_path, formats=formats).parent  # type: ignore[arg-type]
    catalogue = load_catalogue(root)
    assert set(catalogue.layers) == {"parcels", "contracts"}
    assert (catalogue.land_use, catalogue.rasters) == ({}, [])
    assert all(catalogue.files(spec) for spec in catalogue.layers.values())
