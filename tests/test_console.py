"""Output survives the console of a Chinese Windows (code page 936)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("words", [
    ["--help"], ["policy", "show", "chongqing-2021"], ["check", "no/such/folder"]], ids=lambda words: words[0])
def test_commands_print_in_code_page_936(words):
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "cp936"}
    ran = subprocess.run([sys.executable, "-m", "landtool.cli", *words], capture_output=True, check=False,
                         env=environment, timeout=120)
    assert ran.returncode == (2 if words[0] == "check" else 0), ran.stderr.decode("cp936")
    said = ran.stdout.decode("cp936") + ran.stderr.decode("cp936")
    assert said.strip()
    assert "Traceback" not in said
