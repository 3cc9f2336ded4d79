"""Words on the command line that name nothing, and places that are not what they should be."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def line(run, assert_line):
    """Run a command that cannot work; the one line it says."""

    def command(*words, names=()):
        ended = run(*words)
        assert ended.code == 2, ended
        assert ended.out == ""
        return assert_line(ended.err, *names)

    return command


@pytest.mark.parametrize("words", [
    ["assess"], ["assess", "{ws}", "--as-of", "2025-13-01"], ["assess", "{ws}", "--as-of", "yesterday"],
    ["assess", "{ws}", "--as-of"], ["assess", "{ws}", "--as_of", "2025-12-31"], ["assess", "{ws}", "{ws}"],
    ["asses", "{ws}"], ["check", "{ws}", "--quick"], ["explain", "{ws}"], ["policy", "shw"],
    ["demo", "{ws}/demo", "--parcels", "10"], ["demo", "{ws}/demo", "--parcels", "many"],
    ["map"], ["app", "{ws}", "--port", "web"], ["policy", "show", "natinal"], ["policy", "validate", "no.yml"],
    ["policy", "show", "national", "--as-of", "32.12.2025"], ["--frobnicate"],
], ids=" ".join)  # fmt: skip
def test_wrong_words(plain, line, words):
    before = plain.snapshot()
    line(*[word.replace("{ws}", str(plain.folder)) for word in words])
    assert plain.snapshot() == before


@pytest.mark.parametrize("command", ["check", "assess", "explain", "app", "init"])
@pytest.mark.parametrize("where", ["absent", "absent/deeper", "file.txt", "file.txt/below", "empty"])
def test_no_workspace_there(tmp_path, line, command, where):
    (tmp_path / "file.txt").write_text("a note")
    (tmp_path / "empty").mkdir()
    line(command, tmp_path / where, *(["x"] if command == "explain" else []), names=[where])


def test_language_that_is_none(plain, line):
    plain.only("contracts")
    for words in (["check", plain.folder], ["assess", plain.folder], ["policy", "show"]):
        line(*words, "--language", "fr", names=["fr"])


def test_unknown_parcel(plain, run):
    plain.only("parcels", "contracts")
    known = run("explain", plain.folder, "--", "no-such-parcel")
    assert known.code == 2
    error = known.err.splitlines()[-1]
    assert error.startswith("error: ")
    assert "no-such-parcel" in error


@pytest.mark.parametrize("state", ["absent", "file", "empty", "no summary", "broken summary", "odd summary",
                                   "listed summary", "broken parcels", "no parcels"])  # fmt: skip
def test_map_without_results(tmp_path, plain, line, run, results, state):
    place = tmp_path / "results"
    if state == "file":
        place.write_text("a note")
    elif state != "absent":
        shutil.copytree(results, place)
    if state == "empty":
        shutil.rmtree(place)
        place.mkdir()
    elif state == "no summary":
        (place / "summary.json").unlink()
    elif state == "broken summary":
        (place / "summary.json").write_text('{"name": "x", ')
    elif state == "odd summary":
        (place / "summary.json").write_text('{"name": "x"}')
    elif state == "listed summary":
        (place / "summary.json").write_text(json.dumps(["x"]))
    elif state == "broken parcels":
        data = (place / "parcels.parquet").read_bytes()
        (place / "parcels.parquet").write_bytes(data[: len(data) // 2])
    elif state == "no parcels":
        (place / "parcels.parquet").unlink()
    line("map", place, names=["parcels.parquet" if state == "no parcels" else "results"])
    assert not (place / "map.html").exists()


def test_map_where_it_cannot_be_written(tmp_path, line, results):
    (tmp_path / "note").write_text("")
    line("map", results, "-o", tmp_path / "note" / "map.html", names=["map.html"])
    (tmp_path / "map.html").mkdir()
    line("map", results, "-o", tmp_path / "map.html", names=["map.html"])


def test_init_leaves_a_catalogue_alone(plain, line):
    before = plain.snapshot()
    line("init", plain.folder, names=["landtool.yaml"])
    assert plain.snapshot() == before


def test_demo_leaves_other_files_alone(plain, run, tmp_path):
    (plain / "landtool.yaml").write_text("name: mine\n")
    before = plain.snapshot()
    assert run("demo", plain.folder, "--parcels", 200).code == 2
    assert plain.snapshot() == before
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "thesis.docx").write_text("years of work")
    ended = run("demo", other, "--parcels", 200)
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("error: ")
    assert [entry.name for entry in other.iterdir()] == ["thesis.docx"]


@pytest.fixture
def small_demo(monkeypatch, towns):
    """The demo writes a town that is made already."""
    import landtool.sample

    monkeypatch.setattr(landtool.sample, "make_town", lambda parcels: None)
    monkeypatch.setattr(landtool.sample, "write_town", lambda town, place: shutil.copytree(
        towns["plain"], place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("out")))


def test_demo_again_keeps_what_somebody_put_there(run, tmp_path, small_demo):
    place = tmp_path / "demo"
    assert run("demo", place).code == 0
    (place / "my notes.docx").write_text("mine")
    (place / "contracts.csv").write_text("spoilt")
    assert run("demo", place).code == 0
    assert (place / "my notes.docx").read_text() == "mine"
    assert (place / "contracts.csv").read_text() != "spoilt"
    assert (place / "out/summary.json").is_file()
