"""The main job end to end, held against merely reading its inputs and writing its outputs in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import fiona
import geopandas as gpd
import pytest
from peak import peak_of_children_gb

from landtool.sample import make_town, write_town
from landtool.sources.vector import read_vector

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "100000"))
REPEATS = int(os.environ.get("LANDTOOL_BENCH_REPEATS", "3"))
# What every rule needs, raster evidence and the land balance apart: they have benchmarks of their own.
LAYERS = ["districts", "parks", "parcels", "contracts", "government_causes", "commitments", "enterprises",
          "occupancy", "operations", "buildings", "approvals", "park_statistics"]  # fmt: skip
ADDED_S = 3.0
# One process per measurement: peak memory is a process's, and no cache helps the second run.
JOB = """
import json, os, sys, time
from pathlib import Path
from peak import peak_gb
folder, kind = Path(sys.argv[1]), sys.argv[2]
import geopandas as gpd, pandas as pd, pyogrio
import landtool as lt
from landtool import judgement
from landtool.reports import results
from landtool.rules.findings import no_findings
lt.open_workspace, lt.assess, lt.write_results  # imports are not what is measured
if kind == "first rules":  # idle land, output and commitments alone
    for later in ("follow_contracts", "measure_unsupplied", "judge_parks", "_built", "judge_control", "_grades",
                  "_low_efficiency"):
        assert callable(getattr(judgement, later))
        setattr(judgement, later, lambda *layers, **names: None)
    judgement._zombies = lambda *layers: no_findings()
    board = judgement.target_board
    judgement.target_board = lambda *layers, **names: board(None, None, *layers[2:])
def used():  # its own time and that of the processes it started and saw end
    return sum(os.times()[:4])
start, before = time.perf_counter(), used()
if kind != "baseline":
    lt.write_results(lt.assess(lt.open_workspace(folder)), folder / ("first" if kind == "first rules" else "out"))
else:
    for path in sorted(folder.glob("*.parquet")):
        try:
            gpd.read_parquet(path)
        except ValueError:
            pd.read_parquet(path)
    for path in sorted(folder.glob("*.csv")):
        pd.read_csv(path)
    start_writing = time.perf_counter()
    result = lt.read_results(folder / "out")
    reading_back = time.perf_counter() - start_writing
    results.replace_folder(folder / "again", lambda place: results._write_all(result, place),
                           ours=results.RESULT_FILES, mark=results.MARK)
    start += reading_back
print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": used() - before, "peak_gb": peak_gb()}))
"""


def measure(folder: Path, kind: str) -> dict[str, float]:
    """Seconds by the clock and of the processors, and memory: the peak of the job and that of its largest helper."""
    words = [sys.executable, "-c", JOB, str(folder), kind]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as run, \
            peak_of_children_gb(run.pid) as helpers:  # fmt: skip
        said, faults = run.communicate()
    assert run.returncode == 0, faults
    measured = json.loads(said.splitlines()[-1])
    return {**measured, "peak_gb": measured["peak_gb"] + max(helpers.values(), default=0.0)}


def town(place: Path, parcels: int) -> Path:
    write_town(make_town(parcels=parcels, problems=False, only=LAYERS), place, formats="plain")
    measure(place, "assess")  # warm the file cache, and leave results for the baseline to write
    return place


def test_assess_against_reading_and_writing(tmp_path):
    place = town(tmp_path / "town", SIZE)
    pairs = [(measure(place, "assess"), measure(place, "baseline")) for _ in range(REPEATS)]
    ratio = statistics.median(one["seconds"] / other["seconds"] for one, other in pairs)
    seconds = statistics.median(one["seconds"] for one, _ in pairs)
    peak = max(one["peak_gb"] for one, _ in pairs)
    print(f"\nassess {SIZE} parcels: {seconds:.1f} s, {ratio:.2f}x of reading and writing, peak {peak:.2f} GB")
    assert ratio <= 3.0
    assert peak <= 2.0 * max(1.0, SIZE / 100_000)


def test_what_all_rules_add_to_the_first(tmp_path):
    place = town(tmp_path / "town", SIZE)
    pairs = [(measure(place, "assess"), measure(place, "first rules")) for _ in range(REPEATS)]
    added = statistics.median(one["seconds"] - other["seconds"] for one, other in pairs)
    work = statistics.median(one["cpu_seconds"] - other["cpu_seconds"] for one, other in pairs)
    first = statistics.median(other["seconds"] for _, other in pairs)
    print(f"\nall rules on {SIZE} parcels add {added:.1f} s ({work:.1f} s of processor time) to {first:.1f} s")
    assert added <= ADDED_S * max(1.0, SIZE / 100_000)


def test_cost_is_linear(tmp_path):
    small, large = SIZE // 10, SIZE
    costs = {}
    for parcels in (small, large):
        place = town(tmp_path / str(parcels), parcels)
        costs[parcels] = min(measure(place, "assess")["seconds"] for _ in range(REPEATS)) / parcels
    print(f"\nper parcel: {costs[small] * 1e6:.0f} us at {small}, {costs[large] * 1e6:.0f} us at {large}, "
          f"ratio {costs[large] / costs[small]:.2f}")
    assert costs[large] / costs[small] <= 1.3


@pytest.mark.parametrize("suffix", [".gpkg"])
def test_reading_against_a_fiona_loop(tmp_path, suffix):
    parcels = make_town(parcels=min(SIZE, 50_000), problems=False, only=["parcels"]).layers["parcels"]
    path = tmp_path / f"parcels{suffix}"
    parcels[["parcel_id", "holder", "contract_area_m2", "geometry"]].to_file(path, engine="pyogrio")
    ratios = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        raw = read_vector(path, source=path.name)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        with fiona.open(path) as source:
            frame = gpd.GeoDataFrame.from_features(iter(source), crs=source.crs_wkt)
        ratios.append((time.perf_counter() - start) / ours)
        assert len(raw.frame) == len(frame)
    print(f"\nreading {len(parcels)} polygons of {suffix}: {statistics.median(ratios):.1f}x a fiona loop")
    assert statistics.median(ratios) >= 10.0
