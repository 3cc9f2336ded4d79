"""Contract to parcel, enterprise to parcel: by id, by number, by area share; totals conserved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.link import link_contracts, parcel_operations, spread_to_parcels

AS_OF = "2025-12-31"


def contract_table(**columns: list) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    for name in ("signed_date", "expiry_date"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


PARCELS = pd.DataFrame({"parcel_id": ["P1", "P2", "P3"], "contract_id": [None, "C9", "C9"]})


@pytest.mark.parametrize(
    ("signed", "expiry", "winner"),
    [
        (["2010-01-01", "2020-01-01"], [None, None], "C2"),
        (["2010-01-01", "2026-01-01"], [None, None], "C1"),
        (["2010-01-01", "2020-01-01"], [None, "2025-12-30"], "C1"),
        (["2010-01-01", "2020-01-01"], [None, "2025-12-31"], "C2"),
        (["2020-01-01", "2020-01-01"], [None, None], "C1"),
        ([None, "2020-01-01"], [None, None], "C2"),
        (["2010-01-01", "2012-01-01"], ["2024-01-01", "2023-01-01"], "C1"),
    ],
    ids=["latest", "future", "expired", "last-day", "tie", "undated-loses", "last-to-expire"],
)
def test_which_contract_counts(signed: list, expiry: list, winner: str) -> None:
    contracts = contract_table(contract_id=["C1", "C2"], parcel_id=["P1", "P1"],
                               signed_date=signed, expiry_date=expiry)
    found = link_contracts(contracts, PARCELS, AS_OF).in_force
    assert found[["parcel_id", "contract_id"]].to_numpy().tolist() == [["P1", winner]]


def test_ways_of_linking_and_their_problems() -> None:
    contracts = contract_table(contract_id=["C1", "C9", "C7", "C5"],
                               parcel_id=["P1", None, "P8", None])
    before = contracts.copy()
    linked = link_contracts(contracts, PARCELS, AS_OF)
    assert linked.contracts["link_basis"].tolist() == [
        "parcel_id", "supervision_number", "unlinked", "unlinked"]
    assert linked.contracts["parcel_id"].iloc[:2].tolist() == ["P1", "P2"]
    assert linked.contracts["parcel_id"].iloc[2:].isna().all()
    assert set(zip(linked.problems["kind"], linked.problems["subject_id"], strict=True)) == {
        ("contract_parcel_unknown", "C7"), ("contract_unlinked", "C5"),
        ("contract_on_many_parcels", "C9")}
    assert (linked.problems["scope"] == "note").all()
    # A contract on two parcels is the one in force on both.
    assert linked.in_force.set_index("parcel_id")["contract_id"].to_dict() == {
        "P1": "C1", "P2": "C9", "P3": "C9"}
    pd.testing.assert_frame_equal(contracts, before)


def test_an_unknown_parcel_falls_back_on_the_supervision_number() -> None:
    contracts = contract_table(contract_id=["C9"], parcel_id=["P8"])
    parcels = pd.DataFrame({"parcel_id": ["P2"], "contract_id": ["C9"]})
    linked = link_contracts(contracts, parcels, AS_OF)
    assert linked.contracts["parcel_id"].tolist() == ["P2"]
    assert linked.problems["kind"].tolist() == ["contract_parcel_unknown"]
    assert linked.problems["value"].tolist() == ["P8"]


def test_without_a_parcel_layer_ids_are_taken_at_their_word() -> None:
    contracts = contract_table(contract_id=["C1", "C2"], parcel_id=["P1", None])
    linked = link_contracts(contracts, None, AS_OF)
    assert linked.contracts["link_basis"].tolist() == ["parcel_id", "unlinked"]
    assert linked.problems.empty
    assert linked.contracts["standing"].tolist() == ["in_force", "in_force"]


def test_no_contracts_and_bad_calls() -> None:
    empty = contract_table(contract_id=pd.Series(dtype="str"), parcel_id=pd.Series(dtype="str"))
    assert link_contracts(empty, PARCELS, AS_OF).in_force.empty
    with pytest.raises(InputDataError, match="contract_id"):
        link_contracts(pd.DataFrame({"x": [1]}), PARCELS, AS_OF)
    with pytest.raises(InputDataError, match="no date"):
        link_contracts(empty, PARCELS, "someday")


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_counting_contract_equals_a_plain_search(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    days = list(pd.date_range("2023-01-01", periods=6, freq="YE"))
    day, place = st.one_of(st.none(), st.sampled_from(days)), st.sampled_from(["P1", "P2"])
    contracts = contract_table(
        contract_id=[f"C{i}" for i in range(count)],
        parcel_id=data.draw(st.lists(place, min_size=count, max_size=count)),
        signed_date=data.draw(st.lists(day, min_size=count, max_size=count)),
        expiry_date=data.draw(st.lists(day, min_size=count, max_size=count)),
    )
    at = pd.Timestamp(AS_OF)
    plain = {}
    for parcel in ("P1", "P2"):
        live = [row for row in contracts.itertuples() if row.parcel_id == parcel
                and not row.signed_date > at and not row.expiry_date < at]
        live.sort(key=lambda row: (pd.isna(row.signed_date), -(row.signed_date.value if pd.notna(
            row.signed_date) else 0), row.contract_id))
        if live:
            plain[parcel] = live[0].contract_id
    order = data.draw(st.permutations(range(count)))
    for frame in (contracts, contracts.iloc[order]):
        found = link_contracts(frame, PARCELS, AS_OF).in_force
        found = found[found["standing"] == "in_force"]
        assert found.set_index("parcel_id")["contract_id"].to_dict() == plain


# ------------------------------------------------------------------ enterprises


def land(**areas: float) -> pd.DataFrame:
    return pd.DataFrame({"parcel_id": list(areas), "area_m2": list(areas.values())})


def stands(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["enterprise_id", "parcel_id", "occupied_area_m2",
                                        "from_date", "to_date"])
    for name in ("from_date", "to_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def makes(**output: float | None) -> pd.DataFrame:
    return pd.DataFrame({"enterprise_id": list(output),
                         "gross_output_cny": pd.array(list(output.values()), dtype="Float64")})


def on(spread: object, parcel: str) -> float:
    frame = spread.parcels.set_index("parcel_id")
    return float(frame.loc[parcel, "gross_output_cny"])


def test_by_occupied_area_or_the_parcels_own() -> None:
    spread = spread_to_parcels(
        makes(E=300.0), stands(("E", "P1", 500.0, None, None), ("E", "P2", None, None, None)),
        land(P1=9999.0, P2=1000.0, P3=1.0), AS_OF)
    assert (on(spread, "P1"), on(spread, "P2")) == (100.0, 200.0)
    assert np.isnan(on(spread, "P3"))
    assert spread.parcels["occupants"].tolist() == [1, 1, 0]
    assert spread.problems.empty


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [("2025-12-31", None, True), ("2026-01-01", None, False), (None, "2025-12-31", True),
     (None, "2025-12-30", False), (None, None, True)],
)
def test_only_occupancy_valid_on_the_day(start: str, end: str, valid: bool) -> None:
    rows = stands(("E", "P", 1.0, start, end))
    spread = spread_to_parcels(makes(E=5.0), rows, land(P=1.0), AS_OF)
    assert (on(spread, "P") == 5.0) is valid
    assert spread.problems["kind"].tolist() == ([] if valid else ["enterprise_without_parcel"])
    assert spread.unplaced["gross_output_cny"].tolist() == ([] if valid else [5.0])


def test_null_in_null_out_and_partly_unknown_is_unknown() -> None:
    spread = spread_to_parcels(
        makes(A=None, B=7.0, Z=0.0),
        stands(("A", "P1", 1.0, None, None), ("A", "P2", 1.0, None, None),
               ("B", "P2", 1.0, None, None), ("Z", "P3", 1.0, None, None),
               ("X", "P4", 1.0, None, None)),
        land(P1=1.0, P2=2.0, P3=1.0, P4=1.0), AS_OF, enterprises=pd.Series(["A", "B", "Z", "X"]))
    assert np.isnan([on(spread, "P1"), on(spread, "P2"), on(spread, "P4")]).all()
    assert on(spread, "P3") == 0.0
    assert spread.problems.empty


def test_what_points_nowhere_is_reported() -> None:
    spread = spread_to_parcels(
        makes(A=10.0, B=1.0),
        stands(("A", "P1", 30.0, None, None), ("A", "P9", 10.0, None, None),
               ("X", "P1", 5.0, None, None)),
        land(P1=100.0), AS_OF)
    found = set(zip(spread.problems["kind"], spread.problems["subject_id"],
                    spread.problems["value"], strict=True))
    assert found == {("occupancy_parcel_unknown", "A", "P9"),
                     ("occupancy_enterprise_unknown", "P1", "X"),
                     ("enterprise_without_parcel", "B", "")}
    # Land outside the layer keeps its share.
    assert spread.unplaced.set_index("enterprise_id")["gross_output_cny"].to_dict() == {
        "A": 2.5, "B": 1.0}
    assert spread.shares["gross_output_cny"].sum() == 7.5


def test_an_unknown_area_among_several_stops_the_sharing() -> None:
    rows = stands(("A", "P1", 30.0, None, None), ("A", "P2", None, None, None),
                  ("B", "P2", None, None, None))
    spread = spread_to_parcels(makes(A=10.0, B=4.0), rows, land(P1=1.0, P2=np.nan), AS_OF)
    assert np.isnan([on(spread, "P1"), on(spread, "P2")]).all()
    assert spread.problems["kind"].tolist() == ["occupied_area_unknown"]
    assert spread.unplaced["gross_output_cny"].tolist() == [10.0]
    alone = spread_to_parcels(makes(B=4.0), rows[2:], land(P2=np.nan), AS_OF)
    assert on(alone, "P2") == 4.0


def test_an_id_given_twice_is_the_callers_mistake() -> None:
    twice = pd.concat([makes(A=1.0), makes(A=2.0)])
    with pytest.raises(InputDataError, match="more than once"):
        spread_to_parcels(twice, stands(), land(P=1.0), AS_OF)


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    places, firms = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    money = st.one_of(st.none(), st.floats(0, 1e11, allow_nan=False))
    size = st.floats(0.5, 1e6)
    parcels = land(**{f"P{i}": draw(st.one_of(st.just(np.nan), size)) for i in range(places)})
    values = makes(**{f"E{i}": draw(money) for i in range(firms)})
    rows = draw(st.lists(st.tuples(
        st.sampled_from([f"E{i}" for i in range(firms + 1)]),
        st.sampled_from([f"P{i}" for i in range(places + 1)]),
        st.one_of(st.just(np.nan), size), st.none(), st.none()), max_size=12))
    return values, stands(*rows), parcels


@given(towns(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_totals_are_conserved_and_order_does_not_matter(town: tuple, chance: object) -> None:
    values, occupancy, parcels = town
    spread = spread_to_parcels(values, occupancy, parcels, AS_OF)
    given_total = values["gross_output_cny"].sum()
    kept = spread.shares["gross_output_cny"].sum() + spread.unplaced["gross_output_cny"].sum()
    assert abs(given_total - kept) <= 0.01
    order = list(range(len(occupancy)))
    chance.shuffle(order)
    again = spread_to_parcels(values[::-1], occupancy.iloc[order], parcels[::-1], AS_OF)
    pd.testing.assert_series_equal(
        again.parcels.set_index("parcel_id")["gross_output_cny"].sort_index(),
        spread.parcels.set_index("parcel_id")["gross_output_cny"].sort_index(), rtol=1e-12)


@given(towns())
@settings(max_examples=60, deadline=None)
def test_the_spread_equals_a_plain_one(town: tuple) -> None:
    values, occupancy, parcels = town
    area = parcels.set_index("parcel_id")["area_m2"].to_dict()
    output = values.set_index("enterprise_id")["gross_output_cny"].astype("float64").to_dict()
    weights: dict[str, dict[str, float]] = {}
    for row in occupancy.drop_duplicates().itertuples():
        own = row.occupied_area_m2
        weight = own if own > 0 else area.get(row.parcel_id, np.nan)
        firm = weights.setdefault(row.enterprise_id, {})
        firm[row.parcel_id] = firm.get(row.parcel_id, 0.0) + weight
    plain: dict[str, float] = {}
    for firm, at in weights.items():
        for parcel, weight in at.items():
            share = 1.0 if len(at) == 1 else weight / sum(at.values())
            if parcel in area:
                plain[parcel] = plain.get(parcel, 0.0) + output.get(firm, np.nan) * share
    found = spread_to_parcels(values, occupancy, parcels, AS_OF).parcels
    expected = [plain.get(parcel, np.nan) for parcel in found["parcel_id"]]
    np.testing.assert_allclose(found["gross_output_cny"].to_numpy(), expected, rtol=1e-12)


# ------------------------------------------------------------------ one year's operations


def operations(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["enterprise_id", "parcel_id", "year", "gross_output_cny"])


def test_a_parcels_own_figure_wins_and_is_reported() -> None:
    rows = operations(("E", None, 2025, 10.0), (None, "P1", 2025, 3.0), (None, "P2", 2025, 4.0),
                      (None, "P2", 2024, 99.0))
    at = stands(("E", "P1", 1.0, None, None))
    spread = parcel_operations(rows, at, land(P1=1.0, P2=1.0), 2025)
    assert (on(spread, "P1"), on(spread, "P2")) == (3.0, 4.0)
    assert spread.parcels["figures_basis"].tolist() == ["direct", "direct"]
    assert spread.problems[["kind", "subject_id"]].to_numpy().tolist() == [
        ["parcel_output_given_twice", "P1"]]


def test_an_enterprise_on_a_parcel_is_one_part_of_the_sum() -> None:
    rows = operations(("A", "P1", 2025, 10.0), ("B", None, 2025, 6.0), ("A", None, 2025, 50.0))
    at = stands(("A", "P1", 5.0, None, None), ("B", "P1", 1.0, None, None))
    spread = parcel_operations(rows, at, land(P1=8.0), 2025)
    assert on(spread, "P1") == 16.0
    assert spread.problems["kind"].tolist() == ["enterprise_output_given_twice"]
    assert spread.shares.set_index("enterprise_id")["occupied_m2"].to_dict() == {"A": 5.0, "B": 1.0}


def test_rows_that_contradict_each_other_are_unknown() -> None:
    rows = operations(("A", None, 2025, 10.0), ("A", None, 2025, 11.0),
                      ("B", None, 2025, 6.0), ("B", None, 2025, 6.0))
    at = stands(("A", "P1", 5.0, None, None), ("B", "P2", 1.0, None, None))
    spread = parcel_operations(rows, at, land(P1=8.0, P2=1.0), 2025)
    assert np.isnan(on(spread, "P1"))
    assert on(spread, "P2") == 6.0
    assert spread.problems["kind"].tolist() == ["operations_given_twice"] * 2


def test_no_row_of_a_year_is_lost_without_a_word() -> None:
    rows = operations((None, None, 2025, 1.0), (None, "P9", 2025, 2.0), ("E", None, 2025, 3.0))
    spread = parcel_operations(rows, None, land(P1=1.0), 2025)
    assert sorted(spread.problems["kind"]) == [
        "enterprise_without_parcel", "operations_parcel_unknown", "operations_without_subject"]
    assert np.isnan(on(spread, "P1"))
