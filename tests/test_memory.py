"""Arrow shares memory with the others unless somebody chose otherwise."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = "import landtool.memory as m, pyarrow as pa; m.share_memory(); print(pa.default_memory_pool().backend_name)"


@pytest.mark.parametrize(("chosen", "told"), [({}, "system"), ({"ARROW_DEFAULT_MEMORY_POOL": "mimalloc"}, "mimalloc")])
def test_the_pool_is_shared_unless_the_environment_names_one(chosen, told, monkeypatch):
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == told
