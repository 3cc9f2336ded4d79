"""Officers at once and officers killed: short here, long in `make soak`. Figures: docs/speed.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("officers.py")
SECONDS = int(os.environ.get("LANDTOOL_LOAD_SECONDS", "300"))
CASES = int(os.environ.get("LANDTOOL_LOAD_CASES", "50000"))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")


def officers(what: str, address: str, folder: Path, *numbers: int, timeout: float = 120) -> dict:
    done = subprocess.run([sys.executable, str(SCRIPT), what, address, str(folder), *map(str, numbers)],
                          capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_at_any_moment_no_acknowledged_step_is_lost(address, tmp_path):
    told = officers("kill", address(), tmp_path, 5, 1)
    assert told["faults"] == told["lost"] == []
    assert told["acknowledged"] > 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(address, tmp_path):
    told = officers("kill", address(), tmp_path, 200, 2, timeout=1700)
    print(told)
    assert told["faults"] == told["lost"] == []
    assert told["acknowledged"] > 200


def check(told: dict) -> None:
    assert told["errors"] == told["faults"] == []
    assert told["unaccounted"] == told["versions"] == 0


def test_officers_at_once_lose_nothing(address, tmp_path):
    told = officers("load", address(), tmp_path, 4, 2, 6, 1)
    check(told)
    assert told["steps"] > 5  # however busy the machine is


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_officers_at_once_on_fifty_thousand_cases(address, tmp_path):
    told = officers("load", address(), tmp_path, 20, SECONDS, CASES, 2, timeout=SECONDS + 1200)
    print(told)
    check(told)
    assert told["p95_ms"] < 200
