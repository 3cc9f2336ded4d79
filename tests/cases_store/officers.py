"""Officers as processes: many at once, and some killed in the middle. Run by the tests, prints JSON.

    python officers.py kill URL FOLDER KILLS SEED
    python officers.py load URL FOLDER OFFICERS SECONDS CASES SEED
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from landtool.cases import Actor, CaseConflictError, Office, StepRefusedError, acts, history, open_store
from landtool.cases.acts import NewCase
from landtool.cases.database import reading, writing
from landtool.cases.permit import choices_of
from landtool.policy import load_policy

POLICY = load_policy("chongqing-2021", "2025-12-31")
START = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def opened(url: str, folder: str):
    return open_store(folder, POLICY, url=url, office=Office())


def new_case(subject: str) -> NewCase:
    return NewCase("idle", "contract", subject, {"contract_id": subject, "area_m2": 2e4, "amount_cny": 3e6},
                   {"idle_status": "idle_1y"})


def act(store, case_id: str, who: int, rng: random.Random, kept) -> acts.Case:
    """Read a case and take some step that is allowed, as an officer at his screen would."""
    case = store.get(case_id)
    actor = Actor(f"officer {who}", True)
    # Days go on with the case, so that deadlines pass and every step comes to be allowed.
    at = dt.datetime.combine(case.stepped_on, dt.time(9), dt.UTC) + dt.timedelta(days=rng.choice([0, 1, 60]))
    able = [step for step in store.next_steps(case, actor, at.date()) if step.allowed]
    onward = [step for step in able if step.name not in {"propose_closing", "return_draft"}]
    if not onward or rng.random() < 0.2:
        return store.note(case_id, actor, at, f"note {rng.random()}", version=case.version)
    step = rng.choice(onward)
    choices = choices_of(step.transition, POLICY)
    return store.advance(case_id, step.name, actor, at, version=case.version, note="n", documents=[kept],
                         amount_cny=3e6 if "amount" in step.transition.needs else None,
                         choice=rng.choice(choices) if choices else "")


def killed(url: str, folder: str, kills: int, seed: int) -> dict:
    """Kill an officer at any moment, again and again: whatever was acknowledged must be there."""
    rng = random.Random(seed)
    with opened(url, folder) as store:
        kept = store.files.add("x.pdf", b"x")
    acknowledged: list[str] = []
    for turn in range(kills):
        ear, mouth = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ear)
            _work_until_killed(url, folder, kept, mouth, random.Random(seed * 10_000 + turn), turn)
        os.close(mouth)
        # Mostly while it acts, now and then while it opens the store.
        heard = os.read(ear, 1 << 16) if turn % 5 else b""
        time.sleep(rng.uniform(0.0, 0.15))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(ear, 1 << 16):
            heard += more
        os.close(ear)
        acknowledged += [line.decode() for line in heard.split(b"\n")[:-1]]
        with opened(url, folder) as store:
            faults = store.verify()
            with reading(store.engine) as connection:
                there = {f"{event.case_id} {event.hash}" for event in history.read_events(connection)}
        lost = set(acknowledged) - there
        if faults or lost:
            return {"turn": turn, "faults": faults, "lost": sorted(lost)}
    return {"kills": kills, "acknowledged": len(acknowledged), "faults": [], "lost": []}


def _work_until_killed(url, folder, kept, mouth, rng, turn) -> None:
    store = opened(url, folder)
    count = 0
    while True:
        count += 1
        number = store.open_case(new_case(f"{turn}-{count}"), Actor("clerk", True), START)
        for who in (1, 2, 1, 2):
            act(store, number, who, rng, kept)
            last = store.get(number).steps[-1]
            os.write(mouth, f"{number} {last.hash}\n".encode())


def many(url: str, folder: str, officers: int, seconds: float, cases: int, seed: int) -> dict:
    """Officers at work at once on the same cases; every act is counted and its time taken."""
    with opened(url, folder) as store:
        kept = store.files.add("x.pdf", b"x")
        _fill(store, cases)
    children = []
    for who in range(officers):
        ear, mouth = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ear)
            _work(url, folder, who, seconds, cases, kept, mouth, random.Random(seed * 1000 + who))
        os.close(mouth)
        children.append((child, ear))
    told = []
    for child, ear in children:
        with os.fdopen(ear) as heard:
            told.append(json.loads(heard.read() or "null"))
        os.waitpid(child, 0)
    return _counted(url, folder, told, cases, seconds)


def _fill(store, cases: int) -> None:
    with writing(store.engine) as connection:
        end = history.lock_chain(connection)
        new = [new_case(f"C{place}") for place in range(cases)]
        _, drafts = acts.open_rows(connection, new, store.flows, Actor("clerk", True), START, START.date(),
                                   store.office, POLICY)
        history.append(connection, end, drafts)


def _work(url, folder, who, seconds, cases, kept, mouth, rng) -> None:
    told: dict = {"times": [], "conflicts": 0, "refused": 0, "error": None}
    store = opened(url, folder)
    # A few cases that everybody has open, and many that one officer has alone.
    busy = [f"XZ2026-{number:06d}" for number in range(1, min(cases, 20) + 1)]
    until = time.perf_counter() + seconds
    pause = float(os.environ.get("OFFICER_PAUSE_S", "0.5"))
    try:
        while time.perf_counter() < until:
            case_id = rng.choice(busy) if rng.random() < 0.2 else f"XZ2026-{rng.randrange(cases) + 1:06d}"
            begin = time.perf_counter()
            try:
                act(store, case_id, who, rng, kept)
            except CaseConflictError:
                told["conflicts"] += 1
            except StepRefusedError:
                told["refused"] += 1
            else:
                told["times"].append(time.perf_counter() - begin)
            if pause:
                time.sleep(rng.expovariate(1 / pause))
    except Exception as error:  # noqa: BLE001 - told to the parent, which fails the test
        told["error"] = f"{type(error).__name__}: {error}"
    with os.fdopen(mouth, "w") as mouth_file:
        mouth_file.write(json.dumps(told))
    os._exit(0)


def _counted(url, folder, told, cases, seconds) -> dict:
    times = sorted(one for each in told if each for one in each["times"])
    with opened(url, folder) as store:
        begin = time.perf_counter()
        faults = store.verify()
        verified_s = time.perf_counter() - begin
        begin = time.perf_counter()
        rows = store.rows()
        listed_s = time.perf_counter() - begin
        with reading(store.engine) as connection:
            events = sum(1 for _ in history.read_events(connection))
    return {
        "steps": len(times), "conflicts": sum(each["conflicts"] for each in told if each),
        "refused": sum(each["refused"] for each in told if each),
        "errors": [each["error"] if each else "no answer" for each in told if not each or each["error"]],
        # Each acknowledged act is one event and one version more: none is lost, none counted twice.
        "unaccounted": events - cases - len(times), "versions": sum(row["version"] for row in rows) - events,
        "faults": faults, "steps_per_s": len(times) / seconds,
        "p50_ms": _quantile(times, 0.5), "p95_ms": _quantile(times, 0.95), "p99_ms": _quantile(times, 0.99),
        "max_ms": _quantile(times, 1.0), "verify_s": verified_s, "worklist_s": listed_s,
    }


def _quantile(times: list[float], share: float) -> float:
    return round(times[min(int(share * len(times)), len(times) - 1)] * 1000, 1) if times else float("nan")


if __name__ == "__main__":
    what, url, folder, *numbers = sys.argv[1:]
    Path(folder).mkdir(exist_ok=True)
    print(json.dumps((killed if what == "kill" else many)(url, folder, *map(int, numbers)), ensure_ascii=False))
