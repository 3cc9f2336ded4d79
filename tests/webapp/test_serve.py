"""The command and its server end together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landtool.cli import main
from landtool.webapp import serve


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(listening: bool, port: int) -> bool:
    for _ in range(240):
        if listens(port) is listening:
            return True
        time.sleep(0.25)
    return False


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process without telling it")
def test_stopping_the_command_stops_the_server(tmp_path: Path) -> None:
    (tmp_path / "contracts.csv").write_text("电子监管号\nC1\n", encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(
        "name: t\nas_of: 2025-12-31\nlayers:\n  contracts: {path: contracts.csv}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = subprocess.Popen(
        [sys.executable, "-m", "landtool.cli", "app", str(tmp_path), "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        assert wait_until(True, port), "the server never came up"
    finally:
        command.terminate()
        command.wait(timeout=60)
    assert wait_until(False, port), "the server outlived its command"


def test_the_browser_is_opened_once_it_answers(monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(serve.webbrowser, "open", lambda address: bool(opened.append(address)) or True)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not serve.open_when_up("127.0.0.1", port, "http://x/", seconds=0.5)
        assert opened == []
        server.listen()
        assert serve.open_when_up("127.0.0.1", port, "http://x/", seconds=5)
    assert opened == ["http://x/"]


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path, capsys) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert "answers at" in said
    assert str(port) in said
    assert "Traceback" not in said
