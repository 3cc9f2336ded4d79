"""Every sentence has both languages and the same values in both."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from landtool import messages
from landtool.errors import LandtoolError

FILES = sorted((Path(messages.__file__).parent / "messages").glob("*.yml"))
SLOT = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice."""


def _mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"twice: {sorted(k for k in keys if keys.count(k) > 1)}"
    return loader.construct_mapping(node, deep=True)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_both_languages_name_the_same_values(file):
    texts = yaml.load(file.read_text(encoding="utf-8"), Strict)
    for key, pair in flat(texts):
        # A comma that is not quoted splits a text in two: the rest would be a key of its own.
        assert set(pair) == {"zh", "en"}, f"{file.name}: {key}: {sorted(map(str, pair))}"
        assert all(isinstance(text, str) and text.strip() for text in pair.values()), key
        stems = [{re.sub(r"_(zh|en)$", "", name) for name, _ in SLOT.findall(text)}
                 for text in pair.values()]
        assert stems[0] == stems[1], f"{file.name}: {key}"
        for text in pair.values():
            forms = {form for _, form in SLOT.findall(text) if form}
            assert forms <= {*messages._FORMS, "date"}, f"{file.name}: {key}"


def flat(texts, lead=""):
    for key, value in texts.items():
        if isinstance(value, dict) and not {"zh", "en"} & set(value):
            yield from flat(value, f"{lead}{key}.")
        else:
            yield f"{lead}{key}", value


def test_every_problem_kind_has_reason_and_remedy():
    kinds = [set(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in FILES
             if file.stem in {"problem", "remedy"}]
    assert len(kinds) == 2
    assert kinds[0] == kinds[1]


def test_a_missing_key_is_an_error_that_says_so():
    with pytest.raises(LandtoolError, match="no message"):
        messages.say("core.nothing", "zh")


def test_nulls_are_shown_as_a_dash_and_dates_as_iso():
    frame = pd.DataFrame({"area_m2": [1e4, None]})
    assert messages.render("core.example", "en", frame).tolist() == [
        "an area of 1.00 ha", "an area of – ha"]
    assert messages.cells(pd.Series(pd.to_datetime(["2021-03-05", None]))).to_pylist() == ["2021-03-05", "–"]


def test_a_template_in_the_data_is_not_filled():
    frame = pd.DataFrame({"area_m2": [1.0], "name": ["{area_m2}"]})
    assert messages.join(["x ", messages.cells(frame["name"])], 1).tolist() == ["x {area_m2}"]


def test_in_both_languages_at_once_as_in_each(monkeypatch):
    frame = pd.DataFrame({"area_m2": [1e4, None]}, index=[7, 3])
    each = {language: messages.render("core.example", language, frame) for language in messages.LANGUAGES}
    written = []
    plain = messages.cells
    monkeypatch.setattr(messages, "cells", lambda column, form: written.append(form) or plain(column, form))
    both = messages.render_each("core.example", messages.LANGUAGES, frame)
    assert written == ["ha"]
    for language, said in each.items():
        pd.testing.assert_series_equal(both[language], said)


NUMBERS = st.one_of(st.none(), st.integers(-10**16, 10**16).map(float), st.integers(-300, 300).map(float),
                    st.floats(allow_nan=False, width=64))


@given(st.lists(NUMBERS, max_size=8), st.sampled_from(["%.15g", "%.0f", "%.2f", "%.1f%%", "%.4f"]))
def test_numbers_are_written_as_printf_writes_them(numbers, pattern):
    written = messages.number_cells(np.array([np.nan if x is None else x for x in numbers], dtype="float64"), pattern)
    assert written.to_pylist() == [None if x is None else pattern % (x + 0.0) for x in numbers]
