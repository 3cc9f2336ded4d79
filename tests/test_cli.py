"""The commands as a person types them."""

from __future__ import annotations

import contextlib
import io
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import landtool as lt
from landtool import cli
from landtool.reports.commands import put_demo

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ["demo", "init", "check", "assess", "balance", "explain", "calendar", "map", "report", "app",
            "policy", "cases", "diff"]


def run(*words: str) -> int:
    return cli.main([str(word) for word in words])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, str]:
    """The demo as the command makes it, and what it prints."""
    folder, printed = tmp_path_factory.mktemp("cli") / "demo", io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run("demo", folder, "--parcels", "300") == 0
    return folder, printed.getvalue()


@pytest.fixture(scope="module")
def demo(made) -> Path:
    return made[0]


def test_help_names_every_command(capsys):
    assert run("--help") == 0
    printed = capsys.readouterr().out
    assert all(re.search(rf"^  {command} ", printed, re.MULTILINE) for command in COMMANDS)


def test_help_starts_quickly():
    """0.4 s is the goal on a quiet machine; heavy imports would cost ten times that anywhere."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "landtool.cli", "--help"], check=True, capture_output=True)
        bare = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        taken.append((bare - start) - (time.perf_counter() - bare))
    assert statistics.median(taken) < 0.8
    heavy = ("pandas", "geopandas", "streamlit", "folium", "pyarrow")
    code = f"import sys, landtool.cli; print([m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == f"landtool {lt.__version__}"


def test_demo_prints_a_summary_and_where_things_are(made):
    demo, printed = made
    for word in ("疑似闲置满两年", "亿元/km²", "parcels", "gb18030", "map.html", "未评估"):
        assert word in printed
    assert (demo / "out" / "map.html").is_file()
    assert "http://" not in (demo / "out" / "map.html").read_text(encoding="utf-8").split("<script")[0]


def test_demo_does_not_touch_somebodys_workspace(tmp_path, capsys):
    (tmp_path / "landtool.yaml").write_text("mine")
    assert run("demo", tmp_path) == 2
    assert (tmp_path / "landtool.yaml").read_text() == "mine"
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def test_demo_is_left_alone_unless_a_file_was_touched(tmp_path):
    """The files alone; that the command then goes on is tested with the demo of bad input."""
    folder = tmp_path / "demo"
    put_demo(folder, 200)
    written = (folder / "operations.csv").stat().st_mtime_ns
    put_demo(folder, 200)
    assert (folder / "operations.csv").stat().st_mtime_ns == written
    good = (folder / "occupancy.csv").read_bytes()
    (folder / "occupancy.csv").write_bytes(good[:-50])
    (folder / "note.txt").write_text("mine")
    put_demo(folder, 200)
    assert (folder / "occupancy.csv").read_bytes() == good
    assert (folder / "note.txt").read_text() == "mine"


def test_check_exits_with_one_and_prints_kinds_counts_ids_and_remedies(demo, tmp_path, capsys):
    assert run("check", demo, "-o", tmp_path) == 1
    printed = capsys.readouterr().out
    for word in ("duplicate_key", "整行搁置", "单元格搁置", "处理办法", "date_unreadable"):
        assert word in printed
    assert (tmp_path / "set_aside.parquet").is_file()


def test_init_then_check_then_assess(demo, tmp_path, capsys):
    folder = tmp_path / "office"
    folder.mkdir()
    for path in demo.iterdir():
        if path.is_file() and path.name not in {"landtool.yaml", ".demo"}:
            (folder / path.name).write_bytes(path.read_bytes())
    assert run("init", folder) == 0
    text = (folder / "landtool.yaml").read_text(encoding="utf-8")
    guessed = yaml.safe_load(text)["layers"]
    assert {"parcels", "contracts", "operations", "districts"} <= set(guessed)
    assert run("init", folder) == 2
    assert "--force" in capsys.readouterr().err
    assert run("init", folder, "--force") == 0


def test_map_of_results(demo, tmp_path, capsys):
    assert run("map", demo / "out", "-o", tmp_path / "map.html") == 0
    assert (tmp_path / "map.html").stat().st_size > 100_000


def test_policy_show_names_clause_and_standing(capsys):
    assert run("policy", "show", "chongqing-2021", "--as-of", "2025-12-31") == 0
    printed = capsys.readouterr().out
    assert "output.target_cny_m2" in printed
    assert "6500" in printed
    assert "第十四条" in printed
    assert "未核实" in printed


def test_policy_show_json(capsys):
    import json

    assert run("policy", "show", "national", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"key", "value", "clause", "verified"} <= set(rows[0])


def test_policy_validate(tmp_path, capsys):
    assert run("policy", "validate", "chongqing-2021") == 0
    broken = tmp_path / "mine.yml"
    broken.write_text("name: mine\nextends: national\nparameters:\n  idle.fee_shar:\n"
                      "    values: [{from: 2020-01-01, value: 0.1, clause: {zh: 甲}, source: 乙,"
                      " verified: false, standing: M}]\n", encoding="utf-8")
    assert run("policy", "validate", broken) == 2
    assert "idle.fee_share" in capsys.readouterr().err


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises(lt.InputDataError):
        run("check", tmp_path / "nothing", "--debug")


def test_readme_commands_exist():
    """Every command and file that the README names is there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.+?)```", text, re.DOTALL))
    for command in set(re.findall(r"^landtool (\w+)", blocks, re.MULTILINE)):
        assert command in COMMANDS
    for target in set(re.findall(r"\]\(([\w./-]+)\)", text)):
        assert (ROOT / target).exists(), target


def test_readme_python_runs(demo, tmp_path, monkeypatch, capsys):
    block = re.search(r"```python\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    known = str(lt.read_results(demo / "out").parcels["parcel_id"].iloc[0])
    code = block.group(1).replace("data/demo", str(demo))
    code = re.sub(r'"5001\w{8,}"', repr(known), code)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert known in capsys.readouterr().out
