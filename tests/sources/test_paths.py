"""Paths of the catalogue and archives that may not be trusted."""

from __future__ import annotations

import stat
import zipfile

import pytest

from landtool.errors import InputDataError
from landtool.sources import paths
from landtool.sources.paths import resolve_source, unpacked


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "home"
    (home / "月报").mkdir(parents=True)
    for name in ("b.csv", "a.csv", "月报/2021-01.xls", "月报/2021-02.xls", "odd[1].csv"):
        (home / name).write_text("x", encoding="utf-8")
    (home / "empty.csv").touch()
    (tmp_path / "secret.csv").write_text("x", encoding="utf-8")
    return home


@pytest.mark.parametrize(("path", "names"), [
    ("a.csv", ["a.csv"]), ("?.csv", ["a.csv", "b.csv"]), ("月报/*.xls", ["2021-01.xls", "2021-02.xls"]),
    (["b.csv", "a.csv", "b.csv"], ["b.csv", "a.csv"]), ("odd[1].csv", ["odd[1].csv"]),
    ("月报\\2021-01.xls", ["2021-01.xls"]), ("**/*-02.xls", ["2021-02.xls"]), ("月报", ["月报"]),
])  # fmt: skip
def test_what_a_path_names(folder, path, names):
    assert [found.name for found in resolve_source(folder, path)] == names


@pytest.mark.parametrize(("path", "says"), [
    ("../secret.csv", "leaves the workspace"), ("月报/../../secret.csv", "leaves the workspace"),
    ("/etc/passwd", "leaves the workspace"), ("C:\\data\\a.csv", "leaves the workspace"),
    ("../*.csv", "leaves the workspace"), ("..\\secret.csv", "leaves the workspace"),
    ("https://x/y.csv", "address"), ("/vsicurl/http://x", "address"), ("missing.csv", "not found"),
    ("*.gpkg", "no file matches"), ("empty.csv", "empty"), ("", "blank"), ([], "no path"),
])  # fmt: skip
def test_refused_in_one_line(folder, path, says):
    with pytest.raises(InputDataError, match=says) as caught:
        resolve_source(folder, path)
    assert "\n" not in str(caught.value)


def test_missing_file_names_the_nearest(folder):
    with pytest.raises(InputDataError, match=r"did you mean: 2021-01\.xls"):
        resolve_source(folder, "月报/2021-1.xls")


def test_link_out_of_the_workspace(folder, tmp_path):
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputDataError, match="leaves the workspace"):
        resolve_source(folder, "link.csv")
    assert resolve_source(folder, "link.csv", outside_allowed=True)
    assert resolve_source(folder, str(tmp_path / "secret.csv"), outside_allowed=True)


def _pack(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "C:/out.txt",
                                  "..\\out.txt"])  # fmt: skip
def test_zip_entry_that_escapes(tmp_path, name):
    path = _pack(tmp_path / "a.zip", (name, "x"))
    with pytest.raises(InputDataError, match="outside the archive"), unpacked(path):
        pass
    assert not (tmp_path.parent / "out.txt").exists()


def test_zip_with_a_link(tmp_path):
    info = zipfile.ZipInfo("link.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = _pack(tmp_path / "a.zip", (info, "/etc/passwd"))
    with pytest.raises(InputDataError, match="outside the archive"), unpacked(path):
        pass


def test_zip_bomb(tmp_path, monkeypatch):
    path = _pack(tmp_path / "a.zip", ("a.shp", bytes(2_000_000)))
    with unpacked(path) as folder:
        assert (folder / "a.shp").stat().st_size == 2_000_000
    monkeypatch.setattr(paths, "ZIP_RATIO_FROM_BYTES", 1_000_000)
    with pytest.raises(InputDataError, match="times its size"), unpacked(path):
        pass
    monkeypatch.setattr(paths, "ZIP_MAX_RATIO", 10**6)
    monkeypatch.setattr(paths, "ZIP_MAX_BYTES", 1_999_999)
    with pytest.raises(InputDataError, match="would unpack"), unpacked(path):
        pass
    monkeypatch.setattr(paths, "ZIP_MAX_ENTRIES", 0)
    with pytest.raises(InputDataError, match="entries"), unpacked(path):
        pass


def test_zip_that_lies_about_its_size(tmp_path):
    path = _pack(tmp_path / "a.zip", ("a.txt", b"x" * 1000))
    data = path.read_bytes().replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(InputDataError), unpacked(path):
        pass


def test_damaged_and_empty_zip(tmp_path):
    path = _pack(tmp_path / "a.zip", ("a.txt", b"x" * 1000))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputDataError, match="damaged"), unpacked(path):
        pass
    with pytest.raises(InputDataError, match="empty"), unpacked(_pack(tmp_path / "b.zip")):
        pass


def test_names_packed_as_gbk(tmp_path):
    path = _pack(tmp_path / "a.zip", ("XXXXXXXX.shp", "x"))
    path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", "宗地图层".encode("gbk")))
    with unpacked(path) as folder:
        assert [entry.name for entry in folder.iterdir()] == ["宗地图层.shp"]
    assert not folder.exists()
