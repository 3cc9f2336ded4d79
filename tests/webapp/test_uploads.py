"""No path from the browser reaches the disk; nothing in the workspace is lost."""

from __future__ import annotations

import pytest

from landtool.errors import InputDataError
from landtool.webapp.uploads import REPLACED, handed_in, safe_name, store


@pytest.mark.parametrize(("name", "kept"), [
    ("../../landtool/供地.xlsx", "供地.xlsx"), ("C:\\Windows\\x.csv", "x.csv"), ("a$(rm).csv", "a__rm_.csv"),
    ("..\\..\\p.gpkg", "p.gpkg"), (".hidden.csv", "hidden.csv"), ("a\x00b.csv", "a_b.csv"),
    ("宗地（一）.XLSX", "宗地_一_.xlsx"),
])  # fmt: skip
def test_names_lose_their_path(name, kept):
    assert safe_name(name) == kept


@pytest.mark.parametrize("name", ["landtool.yaml", "x.exe", "", "..", "con.csv", "LPT1.xlsx", "/", "a.py", ".csv"])
def test_other_files_are_refused(name):
    with pytest.raises(InputDataError):
        safe_name(name)


def test_a_file_of_the_same_name_is_kept(tmp_path):
    for content in (b"one", b"two", b"two", b"three"):
        store(tmp_path, "x/../供地.csv", content)
    assert (tmp_path / "供地.csv").read_bytes() == b"three"
    assert sorted(p.read_bytes() for p in (tmp_path / REPLACED).iterdir()) == [b"one", b"two"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [REPLACED, "供地.csv"]


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_bytes(b"secret")
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "a.csv").symlink_to(outside)
    with pytest.raises(InputDataError):
        store(folder, "a.csv", b"x")
    assert outside.read_bytes() == b"secret"


def test_a_file_only_read_is_gone_afterwards():
    with handed_in("../x.zip", b"z") as place:
        assert place.read_bytes() == b"z"
        assert place.suffix == ".zip"
    assert not place.exists()
