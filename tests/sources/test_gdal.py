"""What GDAL says of one source is told of that source, whoever else reads or warns meanwhile."""

from __future__ import annotations

import logging
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from landtool.sources.gdal import listening, messages_as_notes


def say(name: str, how: str) -> None:
    if how == "warning":
        warnings.warn(name, RuntimeWarning, stacklevel=2)
    else:
        logging.getLogger("pyogrio._io").warning(name)


@pytest.mark.parametrize("how", ["warning", "log"])
def test_two_sources_read_at_once_hear_each_its_own(how):
    both = threading.Barrier(2)

    def read(name: str) -> list[list[str]]:
        heard = []
        both.wait(30)
        for turn in range(200):
            with listening() as said:
                say(f"{name} {turn}", how)
            heard.append(said)
        return heard

    before = warnings.showwarning, list(warnings.filters)
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(read, ["one", "two"])
    assert one == [[f"one {turn}"] for turn in range(200)]
    assert two == [[f"two {turn}"] for turn in range(200)]
    assert (warnings.showwarning, list(warnings.filters)) == before


@pytest.mark.parametrize("how", ["warning", "log"])
def test_what_somebody_else_is_warned_of_is_no_note(how, recwarn):
    with listening() as said, ThreadPoolExecutor(1) as pool:
        pool.submit(say, "of another page", how).result()
        say("of this source", how)
    assert said == ["of this source"]
    assert [str(warning.message) for warning in recwarn] == (["of another page"] if how == "warning" else [])


def test_a_source_within_a_source_is_heard_by_itself():
    with listening() as outer:
        say("before", "warning")
        with listening() as inner:
            say("within", "warning")
    assert (outer, inner) == (["before"], ["within"])


def test_a_hundred_messages_are_twenty_and_a_count():
    notes = messages_as_notes([f"feature {at}" for at in range(100)], "a.shp")
    assert len(notes) == 21
    assert notes["detail"].iloc[-1] == "(+80)"
