"""The database of the case store: a SQLite file beside the data, or a bureau's PostgreSQL.

SQLite: write-ahead log, foreign keys, ``synchronous=FULL``: a step that was acknowledged is on the
disk. The file must lie on a disk of this machine (a write-ahead log does not work over a network
share); officers on several machines use PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from landtool.errors import LandtoolError, OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DATABASE_VARIABLE = "LANDTOOL_DATABASE_URL"
FILE_NAME = "cases.sqlite"
#: The version of the tables this program writes: the newest module of ``migrations/versions``.
REVISION = "0001"
_BUSY_TIMEOUT_MS = 30_000
_UPGRADE_LOCK = 0x6C616E64  # "land": one process at a time makes or upgrades the tables


class StoreError(OutputError):
    """The case store cannot be opened, read or written."""


def store_url(folder: Path, url: str | None = None) -> URL:
    """Give the address of the store: ``url``, else ``LANDTOOL_DATABASE_URL``, else the workspace's file.

    Examples
    --------
    >>> store_url(Path("town"), "sqlite:///x.sqlite").database
    'x.sqlite'
    """
    address = url or os.environ.get(DATABASE_VARIABLE)
    if not address:
        return URL.create("sqlite", database=str(folder / FILE_NAME))
    if address.startswith("sqlite:"):
        return sa.make_url(address)
    from landtool.sources.postgis import server_address

    return server_address(address, DATABASE_VARIABLE)


def label(address: URL) -> str:
    """Name of the store for people, without password."""
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    from landtool.sources.postgis import safe_label

    return safe_label(address)


def open_engine(address: URL, *, make: bool = True) -> Engine:
    """Connect, and bring the tables to this program's version.

    Raises
    ------
    StoreError
        If there is no store and none is to be made, it cannot be reached, is no case store, or was
        written by a newer landtool.
    """
    is_file = address.get_backend_name() == "sqlite"
    if is_file and not make and not Path(str(address.database)).is_file():
        raise StoreError("there are no cases yet", label(address),
                         "run `landtool cases update WORKSPACE` after `landtool assess`")
    engine = _file_engine(address) if is_file else _server_engine(address)
    try:
        with failing_clearly(engine):
            found = _revision(engine)
            if found is None or found < REVISION:
                _upgrade(engine)
            elif found > REVISION:
                raise StoreError(f"the store has version {found}, this landtool knows {REVISION}",
                                 label(address), "install the newer landtool")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _file_engine(address: URL) -> Engine:
    # The driver's own transactions are off: ``begin`` below says what is begun, and when.
    engine = sa.create_engine(address, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for setting in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL",
                        "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait in line for the file; whoever is killed leaves the line.

    SQLite's own way of waiting sleeps ever longer, and whoever waited longest loses to whoever just came.
    Where the system has no file locks to wait for, that way remains.
    """
    if engine.dialect.name != "sqlite" or fcntl is None:
        yield
        return
    with Path(f"{engine.url.database}-turn").open("a") as line:
        fcntl.flock(line, fcntl.LOCK_EX)
        yield


def _server_engine(address: URL) -> Engine:
    from landtool.sources.postgis import CONNECT_TIMEOUT

    given = {} if "connect_timeout" in address.query else {"connect_timeout": CONNECT_TIMEOUT}
    return sa.create_engine(address, connect_args=given, pool_pre_ping=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store."""
    with failing_clearly(engine), engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it, on the disk, when the block ends; nothing otherwise."""
    with failing_clearly(engine), _turn(engine), engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def failing_clearly(engine: Engine) -> Iterator[None]:
    """Turn what the database says into one line that says how to mend it."""
    try:
        yield
    except LandtoolError:
        raise
    except SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        password = engine.url.password
        said = said.replace(str(password), "***") if password else said
        raise StoreError(f"the case store failed ({said})", label(engine.url), _remedy(error, said)) from error


def _remedy(error: SQLAlchemyError, said: str) -> str:
    if "locked" in said:
        return "another program holds the file: close it and try again"
    if isinstance(error, DatabaseError) and ("malformed" in said or "not a database" in said):
        return "restore a backup: landtool cases restore"
    if isinstance(error, OperationalError):
        return "check path or address, rights, and that the server runs"
    return "check the store with `landtool cases verify`"


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names())
        if "alembic_version" not in names:
            if "cases" in names or "events" in names:
                raise StoreError("the database holds other tables named cases or events", label(engine.url),
                                 "use a database of its own")
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    with resources.as_file(resources.files("landtool.cases") / "migrations") as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        with engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
