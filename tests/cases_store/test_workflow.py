from __future__ import annotations

import re

import pytest
import yaml

from landtool.cases import WORKFLOWS, load_workflow
from landtool.cases.funnel import STAGES
from landtool.cases.workflow import targets
from landtool.errors import InputDataError, PolicyError
from tests.cases_store.conftest import POLICY

FLOWS = [load_workflow(name) for name in WORKFLOWS]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_deadline_and_choice_is_a_number_of_the_policy(flow):
    rules = [step.deadline for step in flow.transitions.values() if step.deadline]
    for rule in [*rules, *([flow.deadline] if flow.deadline else [])]:
        assert POLICY[rule.policy].value > 0
        assert POLICY[rule.policy].unit == "days"
    for step in flow.transitions.values():
        assert ("choice" in step.needs) == bool(step.choices)
        if step.choices:
            assert len(POLICY[step.choices].value) >= 4
    assert {what.stage for what in flow.states.values()} <= set(STAGES)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_decision_is_one_persons(flow):
    """What ends in a draft goes on by a reviewer alone, and every draft can be returned."""
    for name, state in flow.states.items():
        if state.draft:
            steps = flow.steps_from(name)
            assert {step.role for _, step in steps} == {"reviewer"}
            assert any(step.to == "$back" for _, step in steps)
            assert len(targets(flow, name)) >= 2


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_an_open_case_can_always_be_proposed_for_closing(flow):
    for name, state in flow.states.items():
        if not state.final and not state.draft:
            assert "closing_drafted" in targets(flow, name)


def test_prefixes_are_distinct():
    assert len({flow.prefix for flow in FLOWS}) == len(FLOWS)


def test_recovery_and_fee_pass_through_hearing_and_approval():
    """Art. 15: nobody is decided against unheard. Every way from `planned` to `served` says so."""
    flow = load_workflow("idle")
    without = {state for state in flow.states if state not in {"hearing_offered", "closing_drafted"}}
    seen, todo = {"suspected"}, ["suspected"]
    while todo:
        for state in targets(flow, todo.pop()) & without - seen:
            seen.add(state)
            todo.append(state)
    assert "planned" in seen
    assert not {"decided", "served", "enforcing"} & seen
    for cut in ("plan_drafted", "decision_drafted"):
        assert flow.states[cut].draft


def write(tmp_path, change):
    from importlib import resources

    text = (resources.files("landtool.cases") / "workflows" / "commitment.yml").read_text(encoding="utf-8")
    file = tmp_path / "own.yml"
    content = yaml.safe_load(text)
    change(content)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def test_an_offices_own_file_loads(tmp_path):
    flow = load_workflow(write(tmp_path, lambda content: content.update(name="own")))
    assert flow.name == "own"


@pytest.mark.parametrize(("change", "said"), [
    (lambda c: c["states"].update(lost={"label": {"zh": "失", "en": "lost"}, "stage": "plan"}), "cannot be reached"),
    (lambda c: c["transitions"]["serve_notice"].update(to="nowhere"), "unknown state 'nowhere'"),
    (lambda c: c["transitions"]["approve_notice"].update(role="officer"), "by a reviewer"),
    (lambda c: c.update(colour="red"), "colour"),
    (lambda c: c.update(prefix="too long"), "prefix"),
])  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(tmp_path, change, said):
    with pytest.raises(PolicyError, match=re.escape(said)):
        load_workflow(write(tmp_path, change))


def test_a_state_without_a_way_out_is_refused(tmp_path):
    def trap(content):
        content["states"]["closed"]["final"] = False

    with pytest.raises(PolicyError, match="leads to no end"):
        load_workflow(write(tmp_path, trap))


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(PolicyError, match="'idle'"):
        load_workflow("idel")
    with pytest.raises(InputDataError, match="'record_statement'"):
        load_workflow("idle").step("record_statment")
