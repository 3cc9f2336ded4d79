"""Two classified rasters from the command line, and a raster among the snapshots of a workspace."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

import landtool as lt
from landtool import cli

CLASSES = 'name: mine\nindustrial: ["3"]\nstorage: ["4"]\nother: ["1"]\n'


def write(path: Path, rows: list[list[int]], west: float = 5e5) -> Path:
    values = np.array(rows, dtype="uint8")
    with rasterio.open(path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype="uint8",
                       crs="EPSG:4544", nodata=255, transform=from_origin(west, 3.27e6, 100.0, 100.0)) as raster:
        raster.write(values, 1)
    return path


@pytest.fixture
def pair(tmp_path) -> tuple[Path, Path]:
    return write(tmp_path / "a.tif", [[3, 3, 1], [4, 1, 255]]), write(tmp_path / "b.tif", [[3, 1, 1], [4, 1, 255]])


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_values_or_a_classification_say_what_is_industrial(pair, tmp_path, capsys):
    assert run("balance", *pair, "--industrial", "3") == 3
    text = capsys.readouterr().out
    assert "总量减少" in text
    assert "不重合" not in text
    rules = tmp_path / "mine.yml"
    rules.write_text(CLASSES, encoding="utf-8")
    assert run("balance", *pair, "--classification", rules, "--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert told["industrial_values"] == [3]
    assert (told["lost_m2"], told["net_change_m2"]) == pytest.approx((10_000, -10_000), rel=1e-4)
    assert sum(row["area_m2"] for row in told["transitions"]) == pytest.approx(50_000, rel=1e-4)
    assert run("balance", pair[1], pair[0], "--industrial", "3,4") == 0


def test_grids_that_do_not_line_up_are_cut_and_never_said_to_shrink(pair, tmp_path, capsys):
    moved = write(tmp_path / "c.tif", [[1, 1, 1], [1, 1, 1]], west=5e5 + 40)
    assert run("balance", pair[0], moved, "--industrial", "3") == 0
    text = capsys.readouterr().out
    assert "在误差范围内" in text
    assert "不会得出“总量减少”" in text
    assert run("balance", pair[0], moved, "--industrial", "3", "--language", "en") == 0
    assert "never says that the total shrinks" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "said"), [
    (["a.tif"], "two rasters are needed"), (["a.tif", "b.tif"], "which values are industrial"),
    (["a.tif", "b.tif", "--industrial", "x"], "not numbers"), ([".", "--industrial", "3"], "two rasters are needed"),
    (["a.tif", "b.tif", "--industrial", "3", "--from", "2020"], "--from does nothing"),
    (["a.tif", "none.tif", "--industrial", "3"], "none.tif"),
    (["a.tif", "b.tif", "--classification", "part.yml"], "4×2 (20,000 m²)"),
    (["a.tif", "b.tif", "--classification", "either.yml"], "4×2 (20,000 m²)"),
])  # fmt: skip
def test_what_is_missing_or_wrong_is_said(pair, tmp_path, monkeypatch, capsys, words, said):
    (tmp_path / "part.yml").write_text('name: part\nindustrial: ["3"]\nother: ["1"]\n', encoding="utf-8")
    (tmp_path / "either.yml").write_text(
        'name: either\nindustrial: ["3"]\nother: ["1"]\nindustrial_or_storage: ["4"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("balance", *words) == 2
    assert said in capsys.readouterr().err


def test_a_raster_among_the_snapshots_is_named_and_the_rest_goes_on(pair, tmp_path, capsys):
    (tmp_path / "contracts.csv").write_text("contract_id\nC1\n", encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(
        "policy: chongqing-2021\nas_of: 2025-12-31\ncrs: EPSG:4544\nlayers:\n  contracts: {path: contracts.csv}\n"
        "  land_use:\n    2020: {path: a.tif}\n    2025: {path: b.tif}\n", encoding="utf-8")
    workspace = lt.open_workspace(tmp_path)
    assert workspace.layers.land_use == {}
    rows = lt.assess(workspace).summary["not_assessed"]
    assert [row["why_en"] for row in rows if "2020, 2025" in row["why_en"]] == [
        "2020, 2025: rasters, which have no part in the balance of polygons; use landtool balance OLD.tif NEW.tif "
        "--industrial VALUES"]  # fmt: skip
    assert run("balance", tmp_path, "--from", "2020") == 2
    assert "snapshot '2020' is a raster" in capsys.readouterr().err
