"""OUT that is full, locked, somebody else's, or open; runs that are broken off."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landtool import cli

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def landtool(*words, before: str = "", **options):
    """The command in a process of its own."""
    # Who starts the tests in the background has interrupts ignored, and a child inherits that.
    code = (f"import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{before}\n"
            "from landtool.cli import script\nscript()")  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, encoding="utf-8", **options)  # fmt: skip


def age(folder: Path) -> None:
    """Make what killed runs left look long abandoned."""
    for entry in folder.glob(".*.tmp"):
        for path in (*entry.iterdir(), entry):
            os.utime(path, (1e9, 1e9))


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("command", ["check", "assess"])
@pytest.mark.parametrize("place", ["foreign", "file", "below a file", "workspace itself"])
def test_place_that_is_not_ours(plain, run, assert_line, tmp_path, command, place):
    plain.only("contracts")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.docx").write_text("years of work")
    (tmp_path / "file").write_text("a note")
    out = {"foreign": tmp_path / "foreign", "file": tmp_path / "file", "below a file": tmp_path / "file/x/y",
           "workspace itself": plain.folder}[place]  # fmt: skip
    before = plain.snapshot()
    ended = run(command, plain.folder, "--json", "-o", out)
    assert ended.code == 2, ended
    assert ended.out == ""
    assert_line(ended.err, out.name)
    assert plain.snapshot() == before
    assert (tmp_path / "foreign" / "thesis.docx").read_text() == "years of work"
    assert len(list((tmp_path / "foreign").iterdir())) == 1
    assert (tmp_path / "file").read_text() == "a note"


@pytest.mark.parametrize("method", ["rename", "replace"])
@pytest.mark.parametrize("command", ["check", "assess"])
def test_open_in_another_program(plain, run, assert_line, monkeypatch, command, method):
    """Windows refuses to rename what somebody has open."""
    def locked(self, target):
        raise PermissionError(13, "Permission denied", str(self))

    plain.only("contracts")
    before = plain.snapshot()
    monkeypatch.setattr(Path, method, locked)
    ended = run(command, plain.folder, "--json")
    monkeypatch.undo()
    if ended.code == 0:
        # Each command uses one of the two ways.
        assert (command, method) in {("check", "rename"), ("assess", "replace")}
        return
    assert_line(ended.err, "out")
    assert "close" in ended.err
    assert plain.snapshot() == before
    assert leftovers(plain.folder) == []


def test_check_and_assess_share_a_place(plain, run):
    """What check leaves is no reason for assess to refuse."""
    plain.only("contracts")
    shutil.rmtree(plain / "out")
    assert run("check", plain.folder, "--json").code == 0
    assert run("assess", plain.folder, "--json").code == 0
    assert run("check", plain.folder, "--json").code == 0


def test_a_run_that_still_writes_is_left_alone(plain, run):
    plain.only("contracts")
    other = plain / ".out.1.tmp"
    other.mkdir()
    assert run("assess", plain.folder, "--json").code == 0
    assert other.is_dir()


FULL = ("import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))")  # fmt: skip


@LINUX
@pytest.mark.parametrize(("command", "size"), [("assess", 3_000), ("assess", 60_000), ("check", 1_000)])
def test_file_too_large_for_the_disk(plain, assert_line, command, size):
    plain.only("contracts", "parcels", "parks")
    before = plain.snapshot()
    run = landtool(command, plain.folder, "--json", before=FULL.format(size))
    out, err = run.communicate(timeout=120)
    assert run.returncode == 2, err
    assert out == ""
    line = assert_line(err, "out")
    assert "disk space" in line
    assert plain.snapshot() == before
    assert leftovers(plain.folder) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting is not permitted here: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=False)


@LINUX
def test_disk_full(plain, run, assert_line, small_disk):
    plain.only("contracts", "parcels", "parks")
    out = small_disk / "out"
    shutil.copytree(plain / "out", out)
    (small_disk / "fill").write_bytes(bytes(150_000))
    ended = run("assess", plain.folder, "--json", "-o", out)
    assert ended.code == 2
    assert "disk space" in assert_line(ended.err, "out")
    assert (out / "summary.json").read_text() == '{"name": "last good"}\n'
    assert leftovers(small_disk) == []


# --- broken off ---------------------------------------------------------------------------------


@LINUX
@pytest.mark.parametrize(("sign", "step"), [
    (signal.SIGINT, "读取 宗地"), (signal.SIGINT, "闲置"), (signal.SIGINT, "写出"),
    (signal.SIGKILL, "闲置"), (signal.SIGKILL, "写出"), (signal.SIGTERM, "写出"),
], ids=lambda value: getattr(value, "name", value))  # fmt: skip
def test_broken_off(plain, run, sign, step):
    """At a step of an assessment: the last good OUT stands, and the next run succeeds."""
    plain.only("contracts", "parcels", "parks")
    before = plain.snapshot()
    broken = landtool("assess", plain.folder)
    assert any(step in text for text in broken.stderr), "the step is told"
    broken.send_signal(sign)
    _, err = broken.communicate(timeout=60)
    assert "Traceback" not in err
    if sign == signal.SIGINT:
        assert broken.returncode == 130
        assert err.splitlines()[-1].startswith("error: interrupted: ")
    after = {name: digest for name, digest in plain.snapshot().items() if not name.startswith(".")}
    whole = json.loads((plain / "out/summary.json").read_text(encoding="utf-8"))
    if broken.returncode != 0 and whole["name"] == "last good":
        assert after == before
    if sign == signal.SIGINT:
        assert leftovers(plain.folder) == []
    age(plain.folder)
    ended = run("assess", plain.folder, "--json")
    assert ended.code == 0
    assert leftovers(plain.folder) == [], "what a killed run left is cleared away"
    assert (plain / "out/notes.txt").read_text() == "somebody's own\n"


@LINUX
@pytest.mark.soak
def test_killed_at_random_moments(plain, run):
    """OUT is always one whole result: the one before or the new one."""
    plain.only("contracts", "parcels", "parks")
    draw = random.Random(5)
    assert cli.main(["assess", str(plain.folder), "--json"]) == 0
    for _ in range(40):
        broken = landtool("assess", plain.folder)
        time.sleep(draw.uniform(0.2, 4))
        broken.kill()
        broken.communicate(timeout=60)
        standing = plain / "out" if (plain / "out").is_dir() else plain / ".out.previous"
        json.loads((standing / "summary.json").read_text(encoding="utf-8"))
        assert (standing / "notes.txt").is_file()
    age(plain.folder)
    assert run("assess", plain.folder, "--json").code == 0
    assert leftovers(plain.folder) == []
