"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy
from hypothesis import settings

import landtool as lt

# A busy machine is no failure; what takes too long is for the benchmarks.
# The same examples every time here, new ones in `make soak`.
settings.register_profile("landtool", deadline=None, derandomize="LANDTOOL_SOAK" not in os.environ)
settings.load_profile("landtool")

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = {word for word in os.environ.get("LANDTOOL_REQUIRE", "").split(",") if word}


def need(what: str, reason: str) -> None:
    """Skip with a reason, or fail where ``LANDTOOL_REQUIRE`` says that ``what`` must be there."""
    if what in REQUIRED:
        pytest.fail(f"LANDTOOL_REQUIRE names {what}, but: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real public samples; tests that use it are skipped by name where it is absent."""
    folder = Path(os.environ.get("LANDTOOL_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        need("shared-data", f"real samples are absent (looked in {folder})")
    return folder


@pytest.fixture(scope="session")
def assessed_town(tmp_path_factory) -> Path:
    """A small town with its results, for those who look and do not write."""
    folder = tmp_path_factory.mktemp("assessed") / "demo"
    lt.write_town(lt.make_town(parcels=300), folder, formats="plain")
    lt.write_results(lt.assess(lt.open_workspace(folder)), folder / "out")
    return folder


def _postgres_tools() -> Path:
    """Folder of initdb and pg_ctl; the newest PostgreSQL found."""
    from_path = shutil.which("initdb")
    if from_path:
        return Path(from_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        need("postgres", "PostgreSQL (initdb) is not installed")
    return found[-1].parent


def _as_server_user() -> list[str]:
    """Prefix that runs a command as a user PostgreSQL accepts: it refuses to run as root."""
    if os.name != "posix" or os.geteuid() != 0:
        return []
    if not shutil.which("runuser") or subprocess.run(
        ["id", "postgres"], capture_output=True, check=False
    ).returncode:
        need("postgres", "tests run as root and there is no user postgres to run the server as")
    return ["runuser", "-u", "postgres", "--"]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a private PostgreSQL with PostGIS, started for this run and removed after it."""
    tools, prefix = _postgres_tools(), _as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="landtool-pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if prefix:
        shutil.chown(folder, "postgres")
    secret = folder / "secret"
    secret.write_text("s3cret-Wörd", encoding="utf-8")
    secret.chmod(0o644)

    def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # The server keeps the pipes open: its output goes to a file, not to us.
        with (folder / "tools.log").open("a") as log:
            return subprocess.run([*prefix, str(tools / tool), *arguments], stdout=log, stderr=log,
                                  text=True, check=False, timeout=120)

    data = str(folder / "data")
    made = run("initdb", "-D", data, "-U", "planner", "--pwfile", str(secret), "-A", "scram-sha-256",
               "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    if made.returncode or run("pg_ctl", "-D", data, "-w", "-l", str(folder / "data" / "log"), "-o",
                              options, "start").returncode:
        need("postgres", f"a private server does not start: {(folder / 'tools.log').read_text()}")
    url = f"postgresql://planner:{quote('s3cret-Wörd')}@127.0.0.1:{port}/postgres"
    try:
        engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE EXTENSION postgis")
        except sqlalchemy.exc.SQLAlchemyError as error:
            need("postgres", f"PostGIS is not installed: {error}")
        finally:
            engine.dispose()
        yield url
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
