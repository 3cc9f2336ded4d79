"""One store a test, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid

import pytest
import sqlalchemy as sa

from landtool.cases import Actor, Office, open_store
from landtool.cases.acts import NewCase
from landtool.policy import load_policy

POLICY = load_policy("chongqing-2021", "2025-12-31")
LI, WANG, ZHAO = Actor("李明", True), Actor("王芳", True), Actor("赵强", True)
START = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)  # a Monday


def day(days: int) -> dt.datetime:
    return START + dt.timedelta(days=days)


def idle_case(subject: str = "C1", **more) -> NewCase:
    columns = {"contract_id": subject, "holder": "某公司", "area_m2": 20000.0, "amount_cny": 3e6}
    return NewCase("idle", "contract", subject, columns, {"idle_status": "idle_1y", "price_cny": 1.5e7}, **more)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request, tmp_path):
    """Gives the address of a fresh, empty store."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path}/{next(_numbers)}.sqlite"
        return
    server = request.getfixturevalue("postgres_url")
    engine = sa.create_engine(server.replace("postgresql:", "postgresql+psycopg:"),
                              isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    made = []

    def fresh() -> str:
        # A schema of its own is as good as a database of its own, and made in no time.
        name = f"cases_{uuid.uuid4().hex[:12]}"
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {name}"))
        made.append(name)
        return f"{server}?options=-csearch_path%3D{name}"

    yield fresh
    with engine.connect() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))


_numbers = itertools.count()


@pytest.fixture
def open_fresh(address, tmp_path):
    """Opens stores, fresh or again by address, and closes them at the end."""
    opened = []

    def run(url: str | None = None, office: Office | None = None, folder=None):
        store = open_store(folder or tmp_path, POLICY, url=url or address(), office=office or Office())
        opened.append(store)
        return store

    yield run
    for store in opened:
        store.close()


@pytest.fixture
def store(open_fresh):
    return open_fresh()
