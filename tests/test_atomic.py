"""Results are whole or not there at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landtool.atomic import replace_file, replace_folder
from landtool.errors import OutputError

OURS = {"summary.json", "parcels.parquet"}


def fill(text: str):
    def write(folder: Path) -> None:
        (folder / "parcels.parquet").write_text(text)
        (folder / "summary.json").write_text(text)

    return write


def put(folder: Path, text: str) -> None:
    replace_folder(folder, fill(text), ours=OURS, mark="summary.json")


def test_a_failed_run_leaves_the_last_good_result(tmp_path):
    put(tmp_path / "out", "first")

    def broken(folder: Path) -> None:
        (folder / "parcels.parquet").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        replace_folder(tmp_path / "out", broken, ours=OURS, mark="summary.json")
    assert (tmp_path / "out/summary.json").read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_files_of_other_people_move_along_and_old_results_do_not(tmp_path):
    put(tmp_path / "out", "first")
    (tmp_path / "out/notes.docx").write_text("mine")
    (tmp_path / "out/folder").mkdir()
    (tmp_path / "out/folder/a.txt").write_text("a")
    put(tmp_path / "out", "second")
    assert (tmp_path / "out/notes.docx").read_text() == "mine"
    assert (tmp_path / "out/folder/a.txt").read_text() == "a"
    assert (tmp_path / "out/summary.json").read_text() == "second"


def test_a_folder_that_is_no_result_folder_is_refused(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="no result folder"):
        put(tmp_path, "x")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        put(tmp_path / "file", "x")


def test_a_run_killed_between_the_renames_is_mended(tmp_path):
    put(tmp_path / "out", "good")
    (tmp_path / "out").rename(tmp_path / ".out.previous")
    with pytest.raises(OutputError):
        replace_folder(tmp_path / "out", lambda folder: (_ for _ in ()).throw(OSError(5, "x")),
                       ours=OURS, mark="summary.json")
    assert (tmp_path / "out/summary.json").read_text() == "good"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03, 0.1])
def test_kill_at_any_moment_leaves_one_whole_result(tmp_path, moment):
    """A writer in a loop is killed; what stands afterwards is whole."""
    code = (
        "import sys; from pathlib import Path; from landtool.atomic import replace_folder\n"
        "n = 0\n"
        "def write(folder):\n"
        "    for name in ('parcels.parquet', 'summary.json'):\n"
        "        (folder / name).write_text(str(n))\n"
        "while True:\n"
        "    n += 1\n"
        "    replace_folder(Path(sys.argv[1]), write, ours={'parcels.parquet', 'summary.json'},"
        " mark='summary.json')\n"
        "    if n == 1: print('up', flush=True)\n"
    )
    out = tmp_path / "out"
    writer = subprocess.Popen([sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE)
    assert writer.stdout.readline().strip() == b"up"
    time.sleep(moment)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    previous = tmp_path / ".out.previous"
    standing = out if out.exists() else previous
    texts = {(standing / name).read_text() for name in OURS}
    assert len(texts) == 1
    put(out, "after")
    assert (out / "summary.json").read_text() == "after"
    assert not previous.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits")
def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from landtool.atomic import replace_file\n"
        "from landtool.errors import OutputError\n"
        "try:\n"
        "    replace_file(Path(sys.argv[1]), b'x' * 100000)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    target = tmp_path / "map.html"
    replace_file(target, b"old")
    run = subprocess.run([sys.executable, "-B", "-c", code, str(target)], capture_output=True,
                         text=True, check=True)
    assert "free some disk space" in run.stdout
    assert "Traceback" not in run.stderr
    assert target.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.html"]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        replace_file(tmp_path / "file" / "map.html", b"x")
