"""The assessment as a process of its own: its steps are told, its refusal is ours, and it ends with whoever asked."""

from __future__ import annotations

import pytest

import landtool as lt
from landtool.errors import LandtoolError
from landtool.field_words import step_words
from landtool.progress import PLAN
from landtool.webapp.assess_apart import assess_apart


@pytest.fixture
def folder(tmp_path):
    town = lt.make_town(parcels=40, problems=False, only=["districts", "parks", "parcels", "contracts"])
    lt.write_town(town, tmp_path / "town", formats="plain")
    return tmp_path / "town"


def test_steps_are_told_and_results_are_there(folder):
    told = []
    assess_apart(folder, lambda key, **values: told.append((key, values)))
    keys = [key for key, _ in told]
    assert keys[0] == PLAN
    assert told[0][1]["layers"] == 4
    assert [values["layer"] for key, values in told if key == "step.read"][:2] == ["districts", "parks"]
    assert keys[-1] == "step.write"
    assert all(step_words(key, "zh", **values) != key for key, values in told)
    assert len(lt.read_results(folder / "out").parcels) >= 40


def test_a_refusal_is_told_as_it_was_and_leaves_no_results(folder):
    (folder / "parks.parquet").write_bytes(b"no parquet")
    with pytest.raises(LandtoolError, match=r"parks\.parquet") as raised:
        assess_apart(folder, lambda key, **values: None)
    assert raised.value.mend
    assert not (folder / "out").exists()


def test_whoever_stops_looking_stops_the_work(folder):
    class Gone(BaseException):
        pass

    def leave(key, **values):
        raise Gone

    with pytest.raises(Gone):
        assess_apart(folder, leave)
    assert not (folder / "out").exists()
