"""Loading: strictness, extension, dates, version."""

from __future__ import annotations

import datetime as dt
import pickle
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.errors import PolicyError
from landtool.policy import load_policy, shipped_policies, validate_policy

GOOD = """
    name: my-city
    title: {zh: 我市, en: My city}
    extends: chongqing-2021
    source: 某市人民政府文件
    parameters:
      idle.warning_days:
        values:
          - {from: 2024-01-01, value: 90, clause: {zh: 某市办法第三条}, standing: V, verified: true}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "city.yml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> str:
    path = write(folder, text)
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert validate_policy(path), "validate must name what load refuses"
    assert caught.value.where, "an error says where"
    return str(caught.value)


def test_shipped_policies_are_good() -> None:
    assert shipped_policies() == ("national", "chongqing-2021")
    assert [validate_policy(name) for name in shipped_policies()] == [[], []]


def test_a_bureaus_file_overrides_by_date(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, GOOD), "2025-12-31")
    own = policy["idle.warning_days"]
    assert (own.value, own.policy, own.source) == (90, "my-city", "某市人民政府文件")
    assert policy.at("2023-12-31")["idle.warning_days"].value == 180, (
        "before its day the parent's holds"
    )
    assert policy["output.target_cny_m2"].policy == "chongqing-2021"
    assert policy["idle.fee_share"].policy == "national"


def test_an_override_with_an_end_gives_way_to_the_parent(tmp_path: Path) -> None:
    policy = load_policy(
        write(tmp_path, GOOD.replace("from: 2024-01-01,", "from: 2024-01-01, until: 2024-06-30,"))
    )
    values = [policy.at(day)["idle.warning_days"].value for day in ("2024-06-30", "2024-07-01")]
    assert values == [90, 180]
    assert policy["idle.warning_days"].value == 180, "without a day: what has no known end"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("idle.warning_days", "idle.waning_days"), "did you mean 'idle.warning_days'?"),
        (("extends: chongqing-2021", "extends: chongqing"), "did you mean 'chongqing-2021'?"),
        (("extends: chongqing-2021", ""), "extends an unknown policy None"),
        (("    extends:", "    extend: x\n    extends:"), "unknown key 'extend'"),
        (("value: 90,", "value: 90, verfied: true,"), "did you mean 'verified'?"),
        (("clause: {zh: 某市办法第三条}, ", ""), "name the clause"),
        (("zh: 某市办法第三条", "zh: ''"), "clause.zh"),
        (("verified: true", "verified: false"), "standing V with verified: false"),
        (("standing: V", "standing: M"), "standing M with verified: true"),
        (("standing: V", "standing: X"), "standing"),
        (("value: 90", "value: ninety"), "'ninety' is no number"),
        (("value: 90", "value: 1.5"), "not a whole number of days"),
        (("value: 90", "value: -1"), "negative"),
        (("value: 90", "value: true"), "no number"),
        (("value: 90", "value: .nan"), "no number"),
        (("value: 90", "value: 90, unverified: ['1']"), "unverified names 1"),
        (("from: 2024-01-01, ", ""), "a value without 'from'"),
        (("from: 2024-01-01", "from: '2024-01-01'"), "write the date without quotes"),
        (("from: 2024-01-01", "from: 2024-01-01, until: 2023-01-01"), "lies before from"),
        (("    source: 某市人民政府文件\n", ""), "a value without source"),
        (("zh: 某市办法第三条", "zh: 本工具默认值（法规未规定预警期）"), "is the parent's"),
        (
            ("idle.warning_days:", "idle.warning_days:\n        unit: days"),
            "a region gives values only",
        ),
        (("    name: my-city\n", ""), "has no name"),
        (("title: {zh: 我市, en: My city}", "title: 我市"), "title needs zh and en"),
        (("    parameters:", "    parameters: []\n    parametres:"), "'parameters' is no mapping"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_key(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    assert change[0] in GOOD
    text = GOOD.replace(*change)
    if "[]" in change[1]:
        text = text[: text.index("parametres")]
    said = refused(tmp_path, text)
    assert says in said
    assert "city.yml" in said


def test_a_share_is_between_0_and_1(tmp_path: Path) -> None:
    text = GOOD.replace("idle.warning_days", "idle.fee_share").replace("value: 90", "value: 20")
    assert "20 % is 0.20" in refused(tmp_path, text)


def test_a_table_code_must_be_quoted_and_weights_sum_to_one(tmp_path: Path) -> None:
    table = GOOD.replace("idle.warning_days", "control.far_min").replace(
        "value: 90", "value: {13: 1.0}"
    )
    assert "write it in quotes" in refused(tmp_path, table)
    weights = GOOD.replace("idle.warning_days", "intensity.weights")
    assert "sum to 0.9" in refused(
        tmp_path, weights.replace("value: 90", "value: {a: 0.5, b: 0.4}")
    )
    good = weights.replace("value: 90", "value: {a: 0.6, b: 0.4}")
    assert dict(load_policy(write(tmp_path, good))["intensity.weights"].value) == {
        "a": 0.6,
        "b": 0.4,
    }


def test_a_choice_must_be_one_of_the_choices(tmp_path: Path) -> None:
    text = GOOD.replace("idle.warning_days", "output.numerator").replace(
        "value: 90", "value: sales"
    )
    assert "use one of gross_output, revenue, value_added" in refused(tmp_path, text)


def test_duplicate_keys_are_refused(tmp_path: Path) -> None:
    again = textwrap.dedent(GOOD).rstrip() + "\n  idle.warning_days: {values: []}\n"
    path = tmp_path / "city.yml"
    path.write_text(again, encoding="utf-8")
    with pytest.raises(
        PolicyError, match=r"idle\.warning_days.* stands twice .*city\.yml, line 10"
    ):
        load_policy(path)


def test_a_parameter_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "city.yml").rename(tmp_path / "policy.yml")
    values = textwrap.dedent(GOOD)
    (tmp_path / "more.yml").write_text(values[values.index("source:") :], encoding="utf-8")
    with pytest.raises(PolicyError, match=r"parameter stands twice.*idle\.warning_days"):
        load_policy(tmp_path)


def test_overlapping_dates_are_refused(tmp_path: Path) -> None:
    line = (
        "          - {from: 2024-01-01, value: 90, clause: {zh: 某市办法第三条}, "
        "standing: V, verified: true}\n"
    )
    assert "dates overlap" in refused(tmp_path, GOOD + line)
    ends = GOOD.replace("from: 2024-01-01,", "from: 2024-01-01, until: 2024-06-30,")
    assert "dates overlap" in refused(tmp_path, ends + line.replace("2024-01-01", "2024-06-30"))
    later = load_policy(
        write(tmp_path, ends + line.replace("2024-01-01", "2024-07-01").replace("90", "60"))
    )
    assert [later.at(day)["idle.warning_days"].value for day in ("2024-06-30", "2024-07-01")] == [
        90,
        60,
    ]


def test_all_problems_are_gathered(tmp_path: Path) -> None:
    text = (
        GOOD.replace("idle.warning_days", "idle.waning_days")
        + """\
      idle.fee_share:
        values:
          - {from: 2024-01-01, value: 2, clause: {zh: 某市办法第四条}, standing: M, verified: true}
"""
    )
    path = write(tmp_path, text)
    assert len(validate_policy(path)) == 3
    with pytest.raises(PolicyError, match=r"and 2 more: landtool policy validate"):
        load_policy(path)


@pytest.mark.parametrize(
    "content", [b"", b"- 1\n", b"a: [", b"\xff\xfe", b"x: !!python/object:os.system {}"]
)
def test_files_that_are_no_policy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.yml"
    path.write_bytes(content)
    assert validate_policy(path)
    with pytest.raises(PolicyError):
        load_policy(path)


def test_missing_files_and_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such file"):
        load_policy(tmp_path / "none.yml")
    with pytest.raises(PolicyError, match="did you mean 'national'"):
        load_policy("nationl")
    assert validate_policy("nationl")
    with pytest.raises(PolicyError, match="no policy ''"):
        load_policy("")


def test_an_unknown_parameter_names_the_nearest() -> None:
    policy = load_policy("national", "2025-12-31")
    for ask in (policy.__getitem__, policy.get):
        with pytest.raises(PolicyError, match=r"did you mean 'idle\.fee_share'\?"):
            ask("idle.fee_shar")
    assert "idle.fee_shar" not in policy


def test_a_number_not_in_force_is_never_used() -> None:
    policy = load_policy("national", "2010-01-01")
    assert policy.get("idle.fee_share") is None
    assert "idle.fee_share" in policy.unset
    with pytest.raises(PolicyError, match="no value in force on 2010-01-01"):
        policy["idle.fee_share"]
    with pytest.raises(PolicyError, match="left to regional policies"):
        policy["output.target_cny_m2"]
    newest = load_policy("national")
    assert newest.get("control.far_min") is None, "the FAR values of 2008 ran out"
    assert newest.at("2023-05-15")["control.far_min"].value["13"] == 1.0


def test_as_of_takes_any_date_and_refuses_none() -> None:
    days = [
        "2012-06-30",
        dt.date(2012, 6, 30),
        dt.datetime(2012, 6, 30, 23),
        pd.Timestamp(2012, 6, 30),
        np.datetime64("2012-06-30"),
    ]
    assert {load_policy("national", day).as_of for day in days} == {dt.date(2012, 6, 30)}
    for bad in ("2012", "30.6.2012", 20120630, pd.NaT, ""):
        with pytest.raises(PolicyError, match="is no date"):
            load_policy("national", bad)


def test_the_version_speaks_of_the_content_alone(tmp_path: Path) -> None:
    national, region = load_policy("national"), load_policy("chongqing-2021")
    assert len(national.version) == 64
    assert national.version != region.version
    assert national.at("2015-01-01").version == national.version
    own = [
        load_policy(write(tmp_path, GOOD.replace("90", days))).version
        for days in ("90", "90", "91")
    ]
    assert own[0] == own[1] != own[2]


def test_a_policy_is_frozen_and_can_be_pickled() -> None:
    policy = load_policy("chongqing-2021", "2025-12-31")
    with pytest.raises(AttributeError):
        policy.as_of = None  # type: ignore[misc]
    with pytest.raises(AttributeError):
        policy["idle.fee_share"].value = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        policy["grading.weights"].value["tax_per_mu"] = 1
    again = pickle.loads(pickle.dumps(policy))
    assert again.version == policy.version
    assert [again[key].value for key in again] == [policy[key].value for key in policy]


def test_loading_is_fast() -> None:
    from landtool.policy import load

    load._shipped.cache_clear()
    start = time.perf_counter()
    load_policy("chongqing-2021", "2025-12-31")
    assert time.perf_counter() - start < 1.0, "0.03 s on an idle machine"


@given(st.dates(dt.date(1985, 1, 1), dt.date(2040, 1, 1)))
def test_every_value_in_force_is_in_force(day: dt.date) -> None:
    policy = load_policy("chongqing-2021", day)
    for key in policy.declared:
        candidates = [
            value
            for value in policy.history(key)
            if value.valid_from <= day <= (value.valid_until or dt.date.max)
        ]
        expected = candidates[0] if candidates else None
        assert policy.get(key) is expected
        assert sum(value.policy == "national" for value in candidates) <= 1
        assert sum(value.policy == "chongqing-2021" for value in candidates) <= 1
