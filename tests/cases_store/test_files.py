from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.cases import files
from landtool.cases.files import CaseFiles, safe_name
from landtool.errors import InputDataError


@given(st.text())
def test_a_name_is_never_a_path(name):
    shown = safe_name(name)
    assert shown
    assert len(shown) <= 130
    assert not set(shown) & set('/\\:<>"|?*\0\n\u202e')
    assert shown not in {".", ".."}
    assert safe_name(shown) == shown


def test_the_same_content_is_kept_once_and_stays_in_the_folder(tmp_path):
    kept = CaseFiles(tmp_path)
    one, two = kept.add("../../etc/passwd", b"abc"), kept.add("二.pdf", b"abc")
    assert one.sha256 == two.sha256
    assert (one.name, two.name) == ("passwd", "二.pdf")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [one.sha256]
    assert kept.read(one.sha256) == b"abc"


@pytest.mark.parametrize("name", ["../../../etc/passwd", "", "a" * 63, "A" * 64])
def test_only_a_hash_is_looked_up(tmp_path, name):
    with pytest.raises(InputDataError, match="no SHA-256"):
        CaseFiles(tmp_path).path(name)


def test_too_large_empty_and_absent_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SIZE_MAX", 4)
    kept = CaseFiles(tmp_path)
    with pytest.raises(InputDataError, match="at most"):
        kept.add("x", b"12345")
    (tmp_path / "large.bin").write_bytes(b"12345")
    with pytest.raises(InputDataError, match="at most"):
        kept.add_path(tmp_path / "large.bin")
    with pytest.raises(InputDataError, match="empty"):
        kept.add("x", b"")
    with pytest.raises(InputDataError, match="no such document"):
        kept.add_path(tmp_path / "none.pdf")
