"""What ``landtool init`` writes can be loaded, names each role once, and explains the rest."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from landtool.errors import InputDataError
from landtool.sources.catalogue import Catalogue, load_catalogue
from landtool.sources.guess import guess_catalogue

SQUARE = shapely.box(0, 0, 1, 1)


def layer(path: Path, shape: shapely.Geometry = SQUARE, **fields: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame({name: [value] for name, value in fields.items()}, geometry=[shape], crs=4545)
    frame.to_file(path, layer=path.stem if path.suffix == ".gpkg" else None)


def table(path: Path, header: str, row: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"{header}\n{row}\n".encode("gb18030"))


def guessed(folder: Path) -> tuple[Catalogue, str]:
    text = guess_catalogue(folder)
    (folder / "landtool.yaml").write_text(text, encoding="utf-8")
    return load_catalogue(folder), text


def test_a_bureaus_folder(tmp_path: Path) -> None:
    layer(tmp_path / "宗地.shp", ZDDM="1", QLR="甲")
    layer(tmp_path / "矢量" / "园区.gpkg", 园区代码="1", 园区名称="甲园")
    layer(tmp_path / "districts.geojson", district_code="500112", district_name="渝北区")
    layer(tmp_path / "DLTB2020.gpkg", BSM="1", DLBM="0601", ZLDWDM="500112")
    layer(tmp_path / "DLTB2025.gpkg", BSM="1", DLBM="0601", ZLDWDM="500112")
    layer(tmp_path / "规划2035.gpkg", YDYHFLDM="1001")
    layer(tmp_path / "道路.gpkg", shapely.LineString([(0, 0), (1, 1)]), name="x")
    table(tmp_path / "供地结果2019.csv", "电子监管号,面积(公顷),土地使用权人,约定开工时间", "1,2,甲,2020-01-01")
    table(tmp_path / "供地结果2020.csv", "电子监管号,面积(公顷),土地使用权人,约定开工时间", "2,2,乙,2020-01-01")
    table(tmp_path / "企业经营.csv", "统一社会信用代码,年份,总产值(万元),税收(万元)", "9150,2024,5,1")
    table(tmp_path / "通讯录.csv", "姓名,电话", "甲,1")
    (tmp_path / "ndvi_20250701.tif").write_bytes(b"II*\x00")
    (tmp_path / "影像.tif").write_bytes(b"II*\x00")
    (tmp_path / "readme.docx").write_bytes(b"PK")
    catalogue, text = guessed(tmp_path)
    assert {name: spec.path for name, spec in catalogue.layers.items()} == {
        "districts": "districts.geojson", "parks": "矢量/园区.gpkg", "parcels": "宗地.shp",
        "contracts": ["供地结果2019.csv", "供地结果2020.csv"], "operations": "企业经营.csv",
    }  # fmt: skip
    assert {name: spec.classification for name, spec in catalogue.land_use.items()} == {
        "2020": "tdlb-2019", "2025": "tdlb-2019", "plan-2035": "yhfl-2023",
    }  # fmt: skip
    assert [(raster.path, str(raster.date)) for raster in catalogue.rasters] == [
        ("ndvi_20250701.tif", "2025-07-01")
    ]
    comments = [line for line in text.splitlines() if line.startswith("#")]
    for name in ("通讯录.csv", "道路.gpkg", "影像.tif", "readme.docx", "buildings (建筑物)"):
        assert any(name in line for line in comments), name


def test_one_role_is_written_once(tmp_path: Path) -> None:
    layer(tmp_path / "宗地.gpkg", ZDDM="1", QLR="甲", DLBM="0601")
    layer(tmp_path / "宗地_备份.gpkg", ZDDM="1")
    catalogue, text = guessed(tmp_path)
    assert catalogue.layers["parcels"].path == "宗地.gpkg"
    assert "#   parcels: {path: 宗地_备份.gpkg}" in text


def test_sheets_and_layers_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "供地结果"
    book.active.append(["电子监管号", "面积(公顷)", "土地使用权人", "合同签订日期"])
    book.active.append(["1", 2, "甲", "2020-01-01"])
    other = book.create_sheet("企业经营")
    other.append(["统一社会信用代码", "年份", "总产值(万元)"])
    other.append(["9150", 2024, 5])
    book.save(tmp_path / "台账 [终].xlsx")
    catalogue, _ = guessed(tmp_path)
    assert catalogue.layers["contracts"].sheet == "供地结果"
    assert catalogue.layers["operations"].sheet == "企业经营"
    assert catalogue.layers["operations"].path == "台账 [终].xlsx"
    assert catalogue.files(catalogue.layers["contracts"]) == [tmp_path / "台账 [终].xlsx"]


@pytest.mark.parametrize("name", ["a: b#{}", "2020", "yes", "'\"", "宗地, 二", "- x", "1e5", "null"])
def test_odd_names_survive_yaml(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    table(folder / f"合同 {name}.csv", "电子监管号,面积(公顷),土地使用权人", "1,2,甲")
    catalogue, _ = guessed(folder)
    assert catalogue.name == name
    assert catalogue.layers["contracts"].path == f"合同 {name}.csv"


def test_boundary_points_are_parcels(tmp_path: Path) -> None:
    text = "[属性描述]\n坐标系=2000国家大地坐标系\n[地块坐标]\n4,1.0,1,甲,面,,,,@\nJ1,1,3300000,36400000\n"
    (tmp_path / "报件.txt").write_bytes(text.encode("gb18030"))
    assert guessed(tmp_path)[0].layers["parcels"].path == "报件.txt"


def test_nothing_usable(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="no data files"):
        guess_catalogue(tmp_path)
    table(tmp_path / "通讯录.csv", "姓名,电话", "甲,1")
    with pytest.raises(InputDataError, match=r"通讯录\.csv: "):
        guess_catalogue(tmp_path)
    with pytest.raises(InputDataError, match="no such folder"):
        guess_catalogue(tmp_path / "none")


def test_real_folder_of_supply_sheets(shared_data: Path) -> None:
    text = guess_catalogue(shared_data / "land_market" / "landchina_2005H1")
    line = next(line for line in text.splitlines() if line.startswith("  contracts:"))
    assert line.count(".xls") == 7
