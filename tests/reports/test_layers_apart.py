"""Layers written by a process of their own: the same file, every fault told, nobody left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import connect

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
from shapely import box

from landtool.errors import OutputError
from landtool.reports import geopackage, layers_apart
from landtool.reports.geopackage import write_geopackage
from landtool.reports.layers_apart import Layer, can_start, write_apart

ROWS = Layer(pa.table({"name": ["甲", None, "丙"], "number": [1, 2, None]}), {"layer": "rows"})


def content(path):
    """Every row of every table, and how the tables are made; not when."""
    with closing(connect(path)) as base:
        made = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        rows = {name: base.execute(f'SELECT * FROM "{name}"').fetchall() for name, _ in made
                if not name.startswith("rtree_") and name != "gpkg_contents"}  # fmt: skip
        rows["gpkg_contents"] = base.execute(
            "SELECT table_name, data_type, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents").fetchall()
    return made, rows


def test_it_writes_what_is_written_here(town_result, tmp_path, monkeypatch):
    here = write_geopackage(town_result, tmp_path / "here.gpkg")
    monkeypatch.setattr(geopackage, "_ROWS_APART", 0)
    monkeypatch.setattr(layers_apart, "_BATCH", 100)
    assert content(write_geopackage(town_result, tmp_path / "apart.gpkg")) == content(here)


def test_few_rows_start_no_process(town_result, tmp_path, monkeypatch):
    monkeypatch.setattr(geopackage, "write_apart", lambda *_: pytest.fail("started"))
    write_geopackage(town_result, tmp_path / "a.gpkg")


def test_without_a_python_to_start_it_is_written_here(contracts_result, tmp_path, monkeypatch):
    monkeypatch.setattr(geopackage, "_ROWS_APART", 0)
    monkeypatch.setattr(sys, "executable", r"C:\OSGeo4W\bin\qgis-bin.exe")
    assert not can_start()
    assert write_geopackage(contracts_result, tmp_path / "a.gpkg").stat().st_size
    monkeypatch.setattr(sys, "executable", None)
    assert not can_start()


@pytest.mark.parametrize(("name", "starts"), [
    ("/usr/bin/python3.11", True), ("venv/bin/python", True), ("Scripts/python.exe", True), ("Scripts/pythonw.exe", True),
    ("Scripts/pythonservice.exe", False), ("bin/qgis-bin.exe", False), ("", False),
])  # fmt: skip
def test_what_is_started_is_a_python(name, starts, monkeypatch):
    monkeypatch.setattr(sys, "executable", name)
    assert can_start() == starts


def test_what_gdal_could_not_do_is_told_and_no_file_is_left(contracts_result, tmp_path, monkeypatch):
    monkeypatch.setattr(geopackage, "_ROWS_APART", 0)
    twice = pd.DataFrame({"name": ["a"], "Name": ["b"]})  # one column to SQLite
    parcels = gpd.GeoDataFrame(twice, geometry=[box(0, 0, 1, 1)], crs=4545)
    with pytest.raises(OutputError, match=r"cannot write: .*[Nn]ame") as told:
        write_geopackage(replace(contracts_result, parcels=parcels), tmp_path / "a.gpkg")
    assert "a.gpkg" in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_is_told_however_much_is_sent(tmp_path):
    many = Layer(pa.table({"text": ["x" * 1000] * 5000}), {"layer": "rows"})  # more than a pipe holds
    with pytest.raises(OSError, match="nowhere"):
        write_apart([many], tmp_path / "nowhere" / "a.gpkg")


def test_a_writer_that_was_killed_is_told(tmp_path, monkeypatch):
    begun = []

    class Killed(subprocess.Popen):
        def __init__(self, *words, **how):
            super().__init__(*words, **how)
            begun.append(self)

    def layers():
        yield ROWS
        begun[0].kill()
        begun[0].wait()
        yield ROWS

    monkeypatch.setattr(subprocess, "Popen", Killed)
    with pytest.raises(OSError, match="ended with"):
        write_apart(layers(), tmp_path / "a.gpkg")


def test_a_fault_of_ours_is_ours_and_the_writer_is_gone(tmp_path, monkeypatch):
    begun = []
    start = subprocess.Popen.__init__
    monkeypatch.setattr(subprocess.Popen, "__init__", lambda self, *words, **how: (
        begun.append(self), start(self, *words, **how))[1])

    def layers():
        yield ROWS
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        write_apart(layers(), tmp_path / "a.gpkg")
    assert begun[0].poll() is not None

    def unreadable():
        yield ROWS
        raise PermissionError("parcels.parquet")

    with pytest.raises(PermissionError, match=r"parcels\.parquet"):
        write_apart(unreadable(), tmp_path / "b.gpkg")


@pytest.mark.skipif(sys.platform == "win32", reason="asks /proc")
def test_it_ends_when_whoever_sends_is_killed(tmp_path):
    work = subprocess.Popen([sys.executable, "-c", (
        "import time, subprocess, pyarrow as pa\n"
        "from landtool.reports.layers_apart import Layer, write_apart\n"
        "begin = subprocess.Popen.__init__\n"
        "def told(self, *words, **how):\n"
        "    begin(self, *words, **how)\n"
        "    print(self.pid, flush=True)\n"
        "subprocess.Popen.__init__ = told\n"
        "def layers():\n"
        "    yield Layer(pa.table({'a': [1]}), {'layer': 'rows'})\n"
        "    time.sleep(60)\n"
        f"write_apart(layers(), {str(tmp_path / 'a.gpkg')!r})\n")], stdout=subprocess.PIPE, text=True)  # fmt: skip
    writer = int(work.stdout.readline())
    work.kill()
    work.wait()
    work.stdout.close()
    for _ in range(200):
        status = Path(f"/proc/{writer}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the writer is still there")


def test_it_finds_what_this_process_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a folder with a module of a name that Python itself has
    (tmp_path / "json.py").write_text("raise RuntimeError('not this one')")
    write_apart([ROWS], tmp_path / "a.gpkg")
    assert len(gpd.read_file(tmp_path / "a.gpkg", layer="rows")) == 3
