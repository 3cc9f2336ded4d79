from __future__ import annotations

import json
import shutil
import zipfile

import pytest

from landtool.cases.exchange import backup, export_cases, import_cases, restore
from landtool.errors import InputDataError
from tests.cases_store.conftest import LI, START, WANG, day, idle_case
from tests.cases_store.paths import FEE, walk


@pytest.fixture
def filled(store):
    for subject in ("A", "=B", "丙"):
        walk(store, store.open_case(idle_case(subject), LI, START), FEE, 5)
    return store


def test_export_and_import_give_the_same_bytes(filled, open_fresh):
    exported = export_cases(filled)
    other = open_fresh()
    assert import_cases(other, exported, "file") == 18
    assert export_cases(other) == exported
    assert other.verify() == []
    assert other.cases() == filled.cases()
    assert import_cases(other, exported, "file") == 0
    case = other.get("XZ2026-000001")
    assert other.advance(case.case_id, "approve_plan", WANG, day(46)).state == "planned"


def test_from_the_file_to_the_server_and_back(filled, tmp_path):
    """Export of either store goes into a SQLite file, whatever it came from."""
    from landtool.cases import open_store
    from tests.cases_store.conftest import POLICY

    with open_store(tmp_path, POLICY, url=f"sqlite:///{tmp_path}/moved.sqlite") as moved:
        import_cases(moved, export_cases(filled), "file")
        assert export_cases(moved) == export_cases(filled)


def test_a_longer_history_goes_on_where_the_store_ends_and_another_is_refused(filled, open_fresh):
    other = open_fresh()
    import_cases(other, export_cases(filled), "file")
    filled.note("XZ2026-000001", LI, day(50), "further")
    assert import_cases(other, export_cases(filled), "file") == 1
    assert export_cases(other) == export_cases(filled)
    other.note("XZ2026-000001", LI, day(51), "mine")
    filled.note("XZ2026-000001", LI, day(51), "theirs")
    with pytest.raises(InputDataError, match="another history"):
        import_cases(other, export_cases(filled), "file")
    assert other.verify() == []


@pytest.mark.parametrize("harm", [
    lambda read: read["events"][3].update(actor="别人"),
    lambda read: read["events"][3]["payload"].update(note="x"),
    lambda read: read["events"].pop(3),
    lambda read: read["events"].reverse(),
    lambda read: read.update(format="other"),
    lambda read: read["events"][3].update(colour="red"),
    lambda read: read.pop("events"),
])  # fmt: skip
def test_a_changed_export_is_refused_and_leaves_nothing(filled, open_fresh, harm):
    read = json.loads(export_cases(filled))
    harm(read)
    other = open_fresh()
    with pytest.raises(InputDataError):
        import_cases(other, json.dumps(read).encode(), "file")
    assert other.rows() == []
    assert other.verify() == []


def test_backup_and_restore_bring_documents_and_roles(filled, open_fresh, tmp_path):
    folder = filled.files.folder.parent
    (folder / "cases.yml").write_text("reviewers: [王芳]\n", encoding="utf-8")
    assert backup(filled, tmp_path / "b.zip") == 1
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = open_fresh(folder=elsewhere)
    assert restore(other, tmp_path / "b.zip") == (18, 1)
    assert export_cases(other) == export_cases(filled)
    assert other.verify() == []
    assert (elsewhere / "cases.yml").read_text(encoding="utf-8") == "reviewers: [王芳]\n"
    shutil.rmtree(other.files.folder)
    assert len(other.verify()) == 1
    restore(other, tmp_path / "b.zip")
    assert other.verify() == []


def test_what_is_no_backup_is_refused(store, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("other.txt", "x")
    for name in ("x.zip", "y.zip", "absent.zip"):
        with pytest.raises(InputDataError, match="no backup"):
            restore(store, tmp_path / name)
