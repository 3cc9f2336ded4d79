"""Two things at once: errors reach the caller as they are, in one order, and nothing runs on behind them."""

from __future__ import annotations

import gc
import threading

import pytest

import landtool as lt
from landtool.concurrency import begin, no_collecting, one_beside
from landtool.errors import LandtoolError


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_what_was_not_begun_is_dropped_when_the_caller_fails(failure):
    ran, begun, go_on = [], threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait(30)
        ran.append("first")

    def fail() -> None:
        with one_beside() as aside:
            aside.submit(first)
            aside.submit(ran.append, "second")
            begun.wait(30)
            threading.Timer(0.05, go_on.set).start()
            raise failure

    with pytest.raises(failure):
        fail()
    assert ran == ["first"]


def test_a_job_that_nobody_has_begun_is_done_by_who_asks_and_only_once():
    did, go_on = [], threading.Event()
    with one_beside() as aside:
        aside.submit(go_on.wait, 30)
        job = begin(aside, lambda: did.append(threading.current_thread().name) or "done")
        assert job.result() == "done"  # though the thread beside still waits
        go_on.set()
        assert job.result() == "done"
    assert did == [threading.current_thread().name]


def test_who_asks_for_a_job_that_runs_waits_for_it():
    begun, go_on = threading.Event(), threading.Event()
    with one_beside() as aside:
        job = begin(aside, lambda: begun.set() or go_on.wait(30))
        begun.wait(30)
        threading.Timer(0.05, go_on.set).start()
        assert job.result()


def test_the_error_of_a_job_reaches_who_asks():
    with one_beside() as aside:
        job = begin(aside, int, "no number")
        for _ in range(2):
            with pytest.raises(ValueError, match="no number"):
                job.result()


def test_collecting_is_as_it_was_before_also_after_an_error():
    assert gc.isenabled()
    with pytest.raises(ValueError, match="kept"), no_collecting(), no_collecting():
        raise ValueError("kept")
    assert gc.isenabled()
    gc.disable()
    try:
        with no_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.fixture
def folder(tmp_path):
    town = lt.make_town(parcels=40, problems=False)
    lt.write_town(town, tmp_path / "town", formats="plain")
    return tmp_path / "town"


@pytest.mark.parametrize("broken", [["operations.csv", "contracts.csv"], ["contracts.csv", "parks.parquet"]])
def test_of_several_broken_sources_the_same_one_is_told_every_time(folder, broken):
    for name in broken:
        (folder / name).write_bytes(b"\x00" * 64)
    told = set()
    for _ in range(2):
        with pytest.raises(LandtoolError, match=r"\.(csv|parquet)") as raised:
            lt.open_workspace(folder)
        told.add(str(raised.value))
    assert len(told) == 1
    assert broken[1] in told.pop()


def test_layers_stand_in_the_order_of_the_data_model_whoever_read_them(folder):
    workspace = lt.open_workspace(folder)
    titles = list(workspace.reports)
    assert titles[:5] == ["districts", "parks", "parcels", "contracts", "government_causes"]
    assert titles.index("operations") < titles.index("buildings")
