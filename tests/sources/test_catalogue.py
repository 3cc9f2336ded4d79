"""The catalogue is strict, and says all that is wrong at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from landtool.errors import InputDataError
from landtool.sources.catalogue import Catalogue, ColumnSpec, load_catalogue

FULL = """\
name: 重庆市示例园区
policy: chongqing-2021
as_of: 2025-12-31
crs: EPSG:4545
language: zh
layers:
  districts:  {path: districts.gpkg}
  parks:      {path: parks.gpkg, layer: parks}
  parcels:    {path: parcels.shp, encoding: GBK}
  contracts:  {path: [供地结果.xlsx, "2020*.xls"], sheet: 0, columns: {price_cny: {field: 成交价格, unit: 万元}, contract_id: 监管号}}
  operations: {path: operations.csv}
  land_use:
    2020: {path: dltb_2020.gdb, layer: DLTB, classification: tdlb-2019}
    2025: {path: dltb_2025.parquet, classification: yhfl-2023}
    plan-2035: {path: plan_2035.gpkg, classification: my/codes.yml}
  rasters:
    - {path: ndvi_2025.tif, kind: ndvi, date: 2025-07-01}
    - {path: night_lights_2025.tif, kind: night_lights, date: "2025-06-30"}
"""


def load(folder: Path, text: str) -> Catalogue:
    (folder / "landtool.yaml").write_bytes(text.encode("utf-8"))
    return load_catalogue(folder)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(InputDataError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_full_form(tmp_path: Path) -> None:
    catalogue = load(tmp_path, FULL)
    assert catalogue.as_of == dt.date(2025, 12, 31)
    assert catalogue.root == tmp_path
    assert list(catalogue.layers) == ["districts", "parks", "parcels", "contracts", "operations"]
    contracts = catalogue.layers["contracts"]
    assert contracts.path == ["供地结果.xlsx", "2020*.xls"]
    assert contracts.sheet == 0
    assert contracts.columns == {
        "price_cny": ColumnSpec(field="成交价格", unit="万元"), "contract_id": "监管号",
    }  # fmt: skip
    assert list(catalogue.land_use) == ["2020", "2025", "plan-2035"]
    assert catalogue.land_use["2020"].layer == "DLTB"
    assert [raster.date for raster in catalogue.rasters] == [dt.date(2025, 7, 1), dt.date(2025, 6, 30)]
    assert load_catalogue(tmp_path / "landtool.yaml") == catalogue


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("x", encoding="utf-8")
    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    catalogue = load(tmp_path, 'layers: {contracts: {path: "*.csv"}, parcels: {path: ../x.shp}}')
    assert [path.name for path in catalogue.files(catalogue.layers["contracts"])] == ["a.csv", "b.csv"]
    with pytest.raises(InputDataError, match="leaves the workspace"):
        catalogue.files(catalogue.layers["parcels"])
    (tmp_path / "codes.yml").write_text("name: x", encoding="utf-8")
    assert catalogue.name_or_path("tdlb-2019") == "tdlb-2019"
    assert catalogue.name_or_path("codes.yml") == tmp_path / "codes.yml"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "landtool.yaml").write_bytes(FULL.encode(encoding))
    assert load_catalogue(tmp_path).name == "重庆市示例园区"


def test_numbers_and_dates_that_are_names(tmp_path: Path) -> None:
    catalogue = load(tmp_path, "name: 2020\ncrs: 4545\nlayers:\n  parcels: {path: 2020}\n"
                               "  land_use:\n    2020-01-01: {path: a}\n")
    assert (catalogue.name, catalogue.crs) == ("2020", "EPSG:4545")
    assert catalogue.layers["parcels"].path == "2020"
    assert list(catalogue.land_use) == ["2020-01-01"]


def test_address_from_the_environment_stays_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'layers: {parcels: {url: "postgresql://u:${LAND_PW}@h/d", table: public.zd}}'
    assert "environment variable LAND_PW is not set" in refused(tmp_path, text)
    monkeypatch.setenv("LAND_PW", "sesame")
    spec = load(tmp_path, text).layers["parcels"]
    assert spec.url == "postgresql://u:sesame@h/d"
    assert "sesame" not in repr(spec)
    assert spec.shown == "postgis:public.zd"
    assert "sesame" not in refused(tmp_path, text.replace("table: public.zd", "table: [1]"))
    kept = load(tmp_path, 'layers: {parcels: {path: "${LAND_PW}.shp"}}')
    assert kept.layers["parcels"].path == "${LAND_PW}.shp"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nam: x\nlayers: {parcels: {path: a}}", "line 1: unknown key 'nam' (did you mean 'name'?)"),
        ("layers:\n  parcel: {path: a}\n  parcels: {path: a}",
         "line 2: unknown layer 'parcel' (did you mean 'parcels'?)"),
        ("layers:\n  parcels: {path: a, encodng: GBK}",
         "line 2: unknown key 'encodng' in parcels (did you mean 'encoding'?)"),
        ("layers: {parcels: {path: a}}\ncontracts: {path: b}",
         "line 2: unknown key 'contracts' (put it under layers)"),
        ("layers: {districts: {path: a}}", "neither parcels nor contracts"),
        ("name: x", "no layers"),
        ("layers:\n  parcels: {path: a}\n  parcels: {path: b}",
         "line 3: key 'parcels' stands twice (first in line 2)"),
        ("layers:\n  parcels: {path: a}\n  land_use:\n    2020: {path: a}\n    '2020': {path: b}",
         "line 5: key '2020' stands twice"),
        ("layers: {parcels: a.shp}", "parcels must be written as {path: FILE}"),
        ("layers: {parcels: {layer: x}}", "parcels needs path, or url and table"),
        ("layers: {parcels: {url: x}}", "parcels needs path, or url and table"),
        ("layers: {parcels: {path: a, url: x, table: t}}", "both a path and a database table"),
        ("layers: {parcels: {path: ''}}", "parcels.path"),
        ("layers: {parcels: {path: a, columns: {holdr: x}}}",
         "unknown column 'holdr' of parcels (did you mean 'holder'?)"),
        ("layers: {parcels: {path: a, columns: {holder: {fild: x}}}}", "'fild'"),
        ("layers: {parcels: {path: a}, land_use: {path: b}}", "land_use needs a snapshot name"),
        ("layers: {parcels: {path: a}, rasters: [{path: a, kind: nvdi, date: 2025-01-01}]}",
         "rasters.0.kind: input should be 'ndvi'"),
        ("layers: {parcels: {path: a}, rasters: {path: a}}", "rasters must be a list"),
        ("as_of: 2025-13-01\nlayers: {parcels: {path: a}}", "line 1: as_of: '2025-13-01' is no date"),
        ("language: cn\nlayers: {parcels: {path: a}}", "language: input should be 'zh' or 'en'"),
        ("crs: EPSG:99999999\nlayers: {parcels: {path: a}}", "no coordinate reference system"),
        ("layers:\n\tparcels: {path: a}", "not valid YAML: line 2"),
        ("layers: {parcels: {path: !!python/object:os.system x}}", "not valid YAML"),
        ("", "empty"), ("- a", "empty or no list of keys"),
    ],
)  # fmt: skip
def test_errors_name_line_and_nearest(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, text)


def test_all_errors_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, "nam: x\nas_of: soon\nlayers:\n  parcels: {pth: a}\n  parks: b\n")
    assert said.startswith("5 errors: line 1: unknown key 'nam'")
    for piece in ("line 2: as_of", "line 4: parcels needs path", "unknown key 'pth'", "line 5: parks"):
        assert piece in said


def test_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="landtool init"):
        load_catalogue(tmp_path)
    with pytest.raises(InputDataError, match="no such folder"):
        load_catalogue(tmp_path / "x")


def test_aliases_cannot_blow_up(tmp_path: Path) -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    said = refused(tmp_path, text + "layers: {parcels: {path: a}}\n")
    assert "aliases (*name) are not allowed" in said


def test_what_is_missing_is_named(tmp_path):
    said = refused(tmp_path, FULL.replace(", date: 2025-07-01}", "}"))
    assert "rasters.0: date is missing" in said
