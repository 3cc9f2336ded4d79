"""The offline bundle: what it takes from the lock, its scripts, and (in the soak) an install from it alone."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("bundle", ROOT / "tools" / "bundle.py")
bundle = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bundle)


@pytest.fixture(scope="module")
def lock():
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_each_platform_gets_its_pins_with_hashes(lock):
    windows, linux = (bundle.locked_for(lock, platform) for platform in ("win_amd64", "linux_x86_64"))
    assert "colorama" in windows
    assert "colorama" not in linux
    assert set(linux) <= set(windows)
    for pins in (windows, linux):
        assert {"streamlit", "geopandas", "xstatic-leaflet"} <= set(pins)
        assert "flit-core" not in pins
        assert all("--hash=sha256:" in pin and ";" not in pin for pin in pins.values())
    wanted = [line for line in lock.splitlines() if line.startswith("numpy==")]
    chosen = next(line for line in wanted if "< '3.12'" in line) if len(wanted) > 1 else wanted[0]
    assert windows["numpy"].split()[0] == chosen.split()[0].rstrip(";")


def test_scripts_suit_the_windows_they_meet(tmp_path):
    bundle.write_scripts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "安装.cmd", "启动.cmd", "说明.txt", "install.sh", "start.sh", "README.txt"}
    for path in tmp_path.glob("*.cmd"):
        raw = path.read_bytes()
        assert raw.count(b"\n") == raw.count(b"\r\n")
        text = raw.decode("cp936")
        assert text.startswith("@echo off")
        assert not strange_signs(raw)
        check_batch(text)
        assert not re.search(r"runas|setx|reg add|Program Files", text, re.IGNORECASE)
        labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
        assert set(re.findall(r"goto (\w+)", text)) <= labels
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not re.search(rb"https?://(?!127\.0\.0\.1)|--index-url|--extra-index-url", everything)
    for script in tmp_path.glob("*.sh"):
        assert os.access(script, os.X_OK)
        assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


# What the command processor takes for more than a letter: it reads bytes, in the code page of the moment.
_MEANING = set(b"|&<>^%!\"()")


def strange_signs(raw: bytes) -> list[bytes]:
    """Chinese characters whose second byte means something to a command processor in another code page."""
    pairs = [raw[at : at + 2] for at in range(len(raw) - 1) if raw[at] >= 0x81]
    taken, found = 0, []
    for at, pair in enumerate(pairs):
        if at < taken:
            continue
        if pair[1] >= 0x81:
            taken = at + 2  # the second byte begins no pair of its own
        if pair[1] in _MEANING:
            found.append(pair)
    return found


def check_batch(text: str) -> None:
    """What a batch file must hold to so that blanks, Chinese, signs in paths and failures do no harm."""
    lines = [line for line in text.split("\r\n") if line and not line.startswith("rem ")]
    code = [line for line in lines if not line.startswith("echo ")]
    # Before the code page is set nothing may need one.
    assert "chcp 936 >nul" in lines[1]
    assert lines[0].isascii()
    assert "setlocal EnableExtensions DisableDelayedExpansion" in lines
    assert all(line.isascii() for line in code)
    assert not re.search(r"errorlevel", text, re.IGNORECASE)  # a crash is negative: "errorlevel 1" would let it pass
    for line in code:
        # A path may hold blanks, & and (): every use of a variable that is a path stands in quotation marks.
        bare = re.sub(r'"[^"]*"', "", line)
        assert not re.search(r"%(~dp0|~1|CD|PY|WORKSPACE|LOCALAPPDATA|ProgramFiles)\b", bare), line
        assert line.count('"') % 2 == 0, line
        assert not re.match(r"if .*\($", line), "blocks are read at once: a bracket in a path would end them"
    calls = [line for line in code if re.match(r'"(%PY%|\.venv)|pushd', line)]
    assert calls
    assert all("|| goto " in line for line in calls)
    for label in re.findall(r"^:(\w+)", text, re.MULTILINE):
        assert re.search(rf"(goto |call :){label}\b", text), label
    for name in re.findall(r"(?:-r|--find-links) (\S+)", text):
        assert name in ("wheels", "requirements-win_amd64.txt")
    ends = [line for line in lines if line.startswith("exit /b")]
    assert set(ends) <= {"exit /b 0", "exit /b 1"}
    assert lines[-1] == "exit /b 1"
    # Whoever double-clicked reads why it failed.
    assert all(lines[at - 1] == "pause" for at, line in enumerate(lines) if line == "exit /b 1")


def test_what_is_installed_fits_the_longest_path_windows_takes():
    text = (ROOT / "tools" / "bundle" / "安装.cmd").read_text(encoding="utf-8")
    most = int(re.search(r"%CD:~(\d+)%", text).group(1))
    place = Path(importlib.util.find_spec("streamlit").origin).parents[1]
    longest = max(len(str(path.relative_to(place))) for path in (place / "streamlit").rglob("*"))
    assert most + len("\\.venv\\Lib\\site-packages\\") + longest < 260


def test_pins_of_the_wheels_name_each_once(tmp_path):
    for name in ("a_b-1.0-py3-none-any.whl", "c-2.0-cp311-cp311-win_amd64.whl"):
        (tmp_path / name).write_bytes(name.encode())
    text = bundle.pinned(sorted(tmp_path.iterdir()))
    assert re.findall(r"^\S+", text, re.MULTILINE) == ["a-b==1.0", "c==2.0"]
    assert text.count("--hash=sha256:") == 2


@pytest.mark.soak
def test_bundle_installs_and_runs_with_no_index(tmp_path):
    """Fetches from an index, then installs and runs with none and with no setting of this machine."""
    python = shutil.which("python3.11")
    assert python, "the bundle serves Python 3.11, which is not here"
    made = os.environ.get("LANDTOOL_BUNDLE")
    place = tmp_path / "bundle"
    if made:
        shutil.copytree(made, place)
    else:
        subprocess.run([sys.executable, ROOT / "tools" / "bundle.py", place, "linux_x86_64"], check=True)
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": python, "PYTHONUTF8": "1",
             "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    subprocess.run([place / "install.sh"], check=True, env=clean, timeout=600)
    landtool = [place / ".venv" / "bin" / "landtool"]
    subprocess.run([*landtool, "demo", tmp_path / "demo", "--parcels", "300"], check=True, env=clean, cwd=tmp_path)
    assert (tmp_path / "demo" / "out" / "summary.json").is_file()
    app = subprocess.Popen([place / "start.sh", tmp_path / "demo", "--port", "8599", "--base-path", "land"],
                           env={**clean, "no_proxy": "*"}, cwd=tmp_path)
    try:
        for _ in range(150):
            try:
                answer = urllib.request.urlopen("http://127.0.0.1:8599/land/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        assert answer.read() == b"ok"
    finally:
        app.terminate()
        app.wait(10)
