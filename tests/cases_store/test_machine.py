"""Random steps by random people: what the plain rules of the YAML forbid is refused, and nothing breaks."""

from __future__ import annotations

import datetime as dt
import tempfile
from importlib import resources
from pathlib import Path

import yaml
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from landtool.cases import Actor, CaseConflictError, Office, StepRefusedError, open_store
from landtool.cases.acts import NewCase
from landtool.cases.exchange import export_cases, import_cases
from landtool.errors import InputDataError
from tests.cases_store.conftest import POLICY, START

FLOWS = {file.name[:-4]: yaml.safe_load(file.read_text(encoding="utf-8"))
         for file in (resources.files("landtool.cases") / "workflows").iterdir() if file.name.endswith(".yml")}
PEOPLE = ["甲", "乙", "丙"]
OFFICE = Office(officers=frozenset({"甲", "乙"}), reviewers=frozenset({"乙", "丙"}))
ROLES = {"officer": {"甲", "乙"}, "reviewer": {"乙", "丙"}}


class Cases(RuleBasedStateMachine):
    """The store beside a plain model: state, drafter, deadline of each case."""

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(self.folder.name, POLICY, url=f"sqlite:///{self.folder.name}/a.sqlite", office=OFFICE)
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        self.kept = self.store.files.add("x", b"x")
        self.model: dict[str, dict] = {}
        self.at = START
        self.events = 0

    @rule(flow=st.sampled_from(sorted(FLOWS)), subject=st.sampled_from("AB"), who=st.sampled_from(PEOPLE))
    def open(self, flow, subject, who):
        taken = any(one["flow"] == flow and one["subject"] == subject and not one["closed"]
                    for one in self.model.values())
        try:
            number = self.store.open_case(NewCase(flow, "parcel", subject), Actor(who), self.at)
        except InputDataError:
            assert taken
            return
        assert not taken
        due = self.store.get(number).due_date
        self.model[number] = {"flow": flow, "subject": subject, "state": FLOWS[flow]["initial"], "by": None,
                              "back": None, "measure": None, "due": due, "version": 1, "closed": False,
                              "on": self.at.date()}
        self.events += 1

    @precondition(lambda self: self.model)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE), document=st.booleans(), note=st.booleans(),
          amount=st.booleans(), later=st.integers(0, 45), behind=st.integers(0, 1))
    def step(self, data, who, document, note, amount, later, behind):
        number = data.draw(st.sampled_from(sorted(self.model)))
        one = self.model[number]
        flow = FLOWS[one["flow"]]
        names = sorted(flow["transitions"])
        fitting = [name for name in names if self._leaves(flow, flow["transitions"][name], one["state"])]
        name = data.draw(st.sampled_from(fitting * 3 + names))
        step = flow["transitions"][name]
        choices = list(POLICY[step["choices"]].value) if "choices" in step else []
        choice = data.draw(st.sampled_from([*choices, ""])) if choices else ""
        self.at += dt.timedelta(days=later)
        given = {"document": document, "note": note, "amount": amount, "choice": bool(choice)}
        legal = self._legal(flow, step, one, who, given) and behind == 0
        try:
            case = self.store.advance(
                number, name, Actor(who), self.at, note="n" if note else "", choice=choice,
                amount_cny=1.0 if amount else None, documents=[self.kept] if document else [],
                version=one["version"] - behind)
        except StepRefusedError:
            assert not legal
        except CaseConflictError:
            assert behind
        else:
            assert legal
            self._follow(flow, step, one, who, choice, case)

    @staticmethod
    def _leaves(flow, step, state):
        plain = not flow["states"][state].get("final") and not flow["states"][state].get("draft")
        return state in step["from"] or ("$any" in step["from"] and plain)

    def _legal(self, flow, step, one, who, given):
        role = step.get("role", "officer")
        return (self._leaves(flow, step, one["state"]) and who in ROLES[role]
                and not (role == "reviewer" and one["by"] == who)
                and all(given[what] for what in step.get("needs", []))
                and one["measure"] in step.get("when", {}).get("measure", [one["measure"]])
                and (not step.get("after_due") or (one["due"] is not None and self.at.date() > one["due"]))
                and self.at.date() >= one["on"])

    def _follow(self, flow, step, one, who, choice, case):
        target = one["back"] if step["to"] == "$back" else step["to"]
        if flow["states"][target].get("draft"):
            one["by"], one["back"] = who, one["state"]
        elif flow["states"][one["state"]].get("draft"):
            one["by"] = one["back"] = None
        one["measure"] = choice or step.get("sets", {}).get("measure", one["measure"])
        one |= {"state": target, "version": one["version"] + 1, "due": case.due_date, "on": self.at.date(),
                "closed": bool(flow["states"][target].get("final"))}
        self.events += 1

    @precondition(lambda self: self.model)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def note(self, data, who):
        number = data.draw(st.sampled_from(sorted(self.model)))
        self.store.note(number, Actor(who), self.at, "text")
        self.model[number]["version"] += 1
        self.events += 1

    @invariant()
    def cases_are_what_the_model_says(self):
        for row in self.store.rows() if hasattr(self, "store") else ():
            one = self.model[row["case_id"]]
            assert (row["state"], row["drafted_by"], row["version"], row["measure"]) == (
                one["state"], one["by"], one["version"], one["measure"])
            assert (row["closed_on"] is not None) == one["closed"]
            assert row["due_date"] is None or not one["closed"]

    def teardown(self):
        if not hasattr(self, "store"):
            return
        assert self.store.verify() == []
        exported = export_cases(self.store)
        assert exported.count(b'"seq":') == self.events
        with open_store(self.folder.name, POLICY, url=f"sqlite:///{self.folder.name}/b.sqlite") as other:
            import_cases(other, exported, "x")
            assert export_cases(other) == exported
        self.store.close()
        assert Path(self.folder.name, "case_files").is_dir()
        self.folder.cleanup()


TestCases = Cases.TestCase
TestCases.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
