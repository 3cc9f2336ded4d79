"""A small sound workspace in both forms, copies of it to damage, and the command line to try them on."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from landtool import cli
from landtool.sample import make_town, write_town

LINE_MAX = 600
#: What stood in OUT before the damaged run: it must stand there afterwards.
LAST_GOOD = {"summary.json": '{"name": "last good"}\n', "notes.txt": "somebody's own\n"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A copy of the workspace that may be damaged."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def catalogue(self) -> dict[str, Any]:
        return yaml.safe_load((self / "landtool.yaml").read_text(encoding="utf-8"))

    def write(self, catalogue: dict[str, Any]) -> Place:
        text = yaml.safe_dump(catalogue, allow_unicode=True, sort_keys=False)
        (self / "landtool.yaml").write_text(text, encoding="utf-8")
        return self

    def only(self, *layers: str, **top: Any) -> Place:
        """Keep these layers; ``layer={...}`` replaces keys of its entry (None removes them)."""
        catalogue = self.catalogue
        kept = {name: catalogue["layers"][name] for name in layers}
        for name, value in top.items():
            if name in kept:
                entry = kept[name] | value
                kept[name] = {key: cell for key, cell in entry.items() if cell is not None}
            elif value is None:
                catalogue.pop(name, None)
            else:
                catalogue[name] = value
        return self.write(catalogue | {"layers": kept})

    def text(self, old: str, new: str) -> Place:
        """Replace in landtool.yaml."""
        file = self / "landtool.yaml"
        content = file.read_text(encoding="utf-8")
        assert old in content
        file.write_text(content.replace(old, new), encoding="utf-8")
        return self

    def snapshot(self) -> dict[str, str]:
        """Every file below the folder with its digest."""
        return {path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(self.folder.rglob("*")) if path.is_file()}  # fmt: skip


def assert_one_line(err: str, *names: str) -> str:
    """The one error line: what, where, how to mend; no traceback, not too long, not "unexpected"."""
    lines = err.splitlines()
    assert len(lines) == 1, err
    line = lines[0]
    assert line.startswith("error: "), line
    assert line.count(": ") >= 3, line
    assert len(line) <= LINE_MAX, (len(line), line)
    assert "Traceback" not in err
    assert not line.startswith("error: unexpected "), line
    assert "fault of landtool" not in line, line
    for name in names:
        assert name in line, (name, line)
    return line


@pytest.fixture(scope="session")
def towns(tmp_path_factory) -> dict[str, Path]:
    town = make_town(seed=1, parcels=120, problems=False)
    made = {}
    for formats in ("mixed", "plain"):
        made[formats] = tmp_path_factory.mktemp("bad") / formats
        write_town(town, made[formats], formats=formats)
        (made[formats] / "out").mkdir()
        for name, text in LAST_GOOD.items():
            (made[formats] / "out" / name).write_text(text)
    return made


def _copy(towns: dict[str, Path], formats: str, tmp_path: Path) -> Place:
    shutil.copytree(towns[formats], tmp_path / formats / "ws")
    return Place(tmp_path / formats / "ws")


@pytest.fixture
def mixed(towns, tmp_path) -> Place:
    return _copy(towns, "mixed", tmp_path)


@pytest.fixture
def plain(towns, tmp_path) -> Place:
    return _copy(towns, "plain", tmp_path)


@pytest.fixture
def run(capsys) -> Callable[..., Ended]:
    """Run a command in this process."""

    def command(*words: object) -> Ended:
        capsys.readouterr()
        code = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return command


@pytest.fixture
def refused(run) -> Callable[..., str]:
    """Check a workspace that cannot be read: exit 2, one line, nothing printed, nothing changed."""

    def check(place: Place, *names: str, says: str = "", command: str = "check") -> str:
        before = place.snapshot()
        ended = run(command, place.folder, "--json")
        assert ended.code == 2, ended
        assert ended.out == ""
        line = assert_one_line(ended.err, *names)
        assert re.search(says, line), line
        assert place.snapshot() == before
        return line

    return check


@pytest.fixture
def accounted(run) -> Callable[..., dict[str, Any]]:
    """Check a workspace with losses: exit 1, and every row in is accepted or set aside."""

    def check(place: Place, code: int = 1) -> dict[str, Any]:
        ended = run("check", place.folder, "--json")
        assert ended.code == code, ended
        assert ended.err == ""
        for name, layer in ended.content["layers"].items():
            assert layer["rows_in"] == layer["accepted"] + layer["set_aside"], name
        return ended.content

    return check


@pytest.fixture
def settled(run) -> Callable[..., Ended]:
    """Check whatever became of a file: refused in one line that names it, or fully accounted for."""

    def check(place: Place, *names: str) -> Ended:
        before = place.snapshot()
        ended = run("check", place.folder, "--json")
        after = place.snapshot()
        if ended.code == 2:
            assert ended.out == ""
            assert_one_line(ended.err, *names)
            assert after == before
            return ended
        assert ended.code in (0, 1), ended
        assert ended.err == ""
        aside = pd.read_parquet(place / "out/set_aside.parquet")
        assert ended.code == int(len(aside) > 0)
        rows = aside[aside["scope"] == "row"].groupby("layer").size()
        for name, layer in ended.content["layers"].items():
            assert layer["rows_in"] == layer["accepted"] + layer["set_aside"], name
            assert layer["set_aside"] == rows.get(name, 0), name
        assert (aside["reason"].str.len() > 0).all()
        changed = {name for name in before if after.get(name) != before[name]}
        assert changed <= {"out/set_aside.parquet"}
        return ended

    return check


@pytest.fixture
def assert_line() -> Callable[..., str]:
    """The check of an error line."""
    return assert_one_line


@pytest.fixture(scope="session")
def results(towns, tmp_path_factory) -> Path:
    """Results of the sound workspace's parcels."""
    folder = tmp_path_factory.mktemp("sound") / "ws"
    shutil.copytree(towns["plain"], folder)
    Place(folder).only("contracts", "parcels", "parks", "districts")
    assert cli.main(["assess", str(folder), "--json"]) == 0
    return folder / "out"
