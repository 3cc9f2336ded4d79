"""Starting the app: bound to this machine, sending nothing to anybody."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path

from landtool.errors import InputDataError
from landtool.sources.catalogue import load_catalogue

WORKSPACE_VARIABLE = "LANDTOOL_WORKSPACE"
SCRIPT = Path(__file__).with_name("entry") / "script.py"
# What Streamlit is started on: the script with the map's routes beside it.
_SERVED = SCRIPT.with_name("served.py")
# What the reading of a city needed on the way goes back to the machine at once, not into a hoard of the process:
# large pieces of memory are mapped one by one (glibc), small ones are not hoarded for each of many threads (every run
# of a page is one), and Arrow takes its own from the same place.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**20), "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
# Largest file the browser may hand in: a city's parcels as a zipped shapefile fit well below it.
UPLOAD_MAX_MB = 500
_TRY_AGAIN_S = 0.25


def command(host: str, port: int, base_path: str = "") -> list[str]:
    """The Streamlit command line.

    Examples
    --------
    >>> command("127.0.0.1", 8501, "/land/")[-1]
    '--server.baseUrlPath=land'
    """
    return [
        sys.executable, "-m", "streamlit", "run", str(_SERVED),
        f"--server.address={host}", f"--server.port={port}", "--server.headless=true",
        f"--server.maxUploadSize={UPLOAD_MAX_MB}", "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false", "--client.toolbarMode=viewer",
        "--client.showErrorDetails=none", f"--server.baseUrlPath={base_path.strip('/')}",
    ]  # fmt: skip


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(workspace: Path | None, host: str, port: int, base_path: str = "", *, browser: bool = False) -> int:
    """Serve the app on one workspace (with the start page if None) until it is stopped.

    ``browser`` opens it in this machine's browser once it answers.

    Raises
    ------
    InputDataError
        If the workspace has no readable landtool.yaml, none is named for an address others reach, or the
        port is no port or another program has it.
    """
    if not 0 < port < 65536:
        raise InputDataError(f"{port} is no port", "--port", "choose 1024 to 65535")
    if workspace is None and not is_loopback(host):
        raise InputDataError("no workspace is named", f"--host {host}",
                             "others could open any folder of this machine: name the workspace")
    folder = None if workspace is None else load_catalogue(workspace).root
    if not is_loopback(host):
        sys.stderr.write(f"warning: {host} is reachable from other machines, without a password: "
                         "leave --host out unless that is meant\n")
    address = f"http://{host}:{port}/{base_path.strip('/')}"
    if _answers(host, port):
        raise InputDataError(f"something answers at {address} already", f"--port {port}",
                             "the app may be open already: look there, or choose another port")
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if browser:
        threading.Thread(target=open_when_up, args=(host, port, address), daemon=True).start()
    return _serve(command(host, port, base_path), environment(folder))


def environment(folder: Path | None) -> dict[str, str]:
    """The server's environment: this process's own, the workspace, and how memory is taken.

    Examples
    --------
    >>> environment(None).get(WORKSPACE_VARIABLE) is None
    True
    """
    found = {**_MEMORY, **os.environ}
    found.pop(WORKSPACE_VARIABLE, None)
    return found if folder is None else {**found, WORKSPACE_VARIABLE: str(folder.resolve())}


def open_when_up(host: str, port: int, address: str, seconds: float = 120.0) -> bool:
    """Open an address in the browser once something answers there; False if nothing did in time."""
    for _ in range(int(seconds / _TRY_AGAIN_S)):
        if _answers(host, port):
            return webbrowser.open(address)
        time.sleep(_TRY_AGAIN_S)
    return False


def _answers(host: str, port: int) -> bool:
    """Whether something listens; an address of every network is asked on this machine."""
    with contextlib.suppress(OSError), socket.create_connection(
            ("127.0.0.1" if host in ("0.0.0.0", "") else host, port), timeout=1.0):
        return True
    return False


def _serve(words: list[str], environment: dict[str, str]) -> int:
    """Run the server until it ends; whoever stops this process stops the server with it."""
    with subprocess.Popen(words, env=environment) as server:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            return 0
