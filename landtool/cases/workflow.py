"""The ways a case may go, as data: states, transitions, who may, what is needed, which deadline.

A workflow is a YAML file (``workflows/*.yml``). The numbers of days stand in the policy, never here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landtool.codes.nearest import did_you_mean
from landtool.codes.strict_yaml import read_yaml
from landtool.errors import InputDataError, PolicyError

WORKFLOWS = ("idle", "low_efficiency", "commitment")
#: A transition to this target returns a draft to the state it was drafted in.
BACK = "$back"
#: From any state that is neither final nor a draft awaiting approval.
ANY = "$any"

Role = Literal["officer", "reviewer"]
Need = Literal["document", "note", "amount", "choice"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Words(_Strict):
    """A label in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Deadline(_Strict):
    """Days from the step's day within which the next step is due.

    ``policy`` names the policy parameter with the number of days; ``working``: working days.
    """

    policy: str
    working: bool = False


class State(_Strict):
    """A state; ``final`` ends the case, ``draft`` awaits a reviewer who did not draft it."""

    label: Words
    final: bool = False
    draft: bool = False
    stage: str


class Transition(_Strict):
    """One step: from where to where, by whom, with what, by which clause.

    ``needs`` must be handed over; ``amount``
    is the column an amount goes to; ``choices`` names the policy parameter that lists what ``choice``
    may be; ``sets`` are columns of the case (measure, outcome) that the step settles; ``when`` and
    ``unless`` hold the step to values of columns or facts; ``after_due`` allows it only once the
    deadline has passed.
    """

    from_: list[str] = Field(alias="from", min_length=1)
    to: str
    role: Role = "officer"
    label: Words
    clause: Words
    needs: list[Need] = Field(default_factory=list)
    choices: str | None = None
    amount: Literal["amount_cny", "paid_cny"] = "amount_cny"
    sets: dict[str, str] = Field(default_factory=dict)
    when: dict[str, list[str]] = Field(default_factory=dict)
    unless: dict[str, list[str]] = Field(default_factory=dict)
    after_due: bool = False
    deadline: Deadline | None = None


class Opening(_Strict):
    """Which findings open a case: patterns of rule ids, severities."""

    rules: list[str] = Field(min_length=1)
    severities: list[str] = Field(min_length=1)


class _File(_Strict):
    name: str
    prefix: str = Field(pattern="^[A-Z]{2}$")
    title: Words
    opens_on: Opening
    initial: str
    deadline: Deadline | None = None
    states: dict[str, State]
    transitions: dict[str, Transition]


@dataclass(frozen=True)
class Workflow:
    """A workflow, checked: every state reachable, every state with a way to a final one.

    Examples
    --------
    >>> idle = load_workflow("idle")
    >>> idle.title.en, idle.initial
    ('Disposal of idle land', 'suspected')
    >>> [name for name, step in idle.steps_from("suspected")][:1]
    ['serve_investigation_notice']
    """

    name: str
    prefix: str
    title: Words
    opens_on: Opening
    initial: str
    deadline: Deadline | None
    states: dict[str, State]
    transitions: dict[str, Transition]

    def steps_from(self, state: str) -> list[tuple[str, Transition]]:
        """Give the transitions that leave a state, in the order of the file."""
        return [(name, step) for name, step in self.transitions.items() if self.leaves(step, state)]

    def leaves(self, step: Transition, state: str) -> bool:
        """Whether the transition may start in that state."""
        if state in step.from_:
            return True
        here = self.states[state]
        return ANY in step.from_ and not here.final and not here.draft

    def opens(self, rule_id: str, severity: str) -> bool:
        """Whether such a finding opens a case of this kind."""
        return severity in self.opens_on.severities and any(
            fnmatchcase(rule_id, pattern) for pattern in self.opens_on.rules)

    def step(self, name: str) -> Transition:
        """Give a transition by name.

        Raises
        ------
        InputDataError
            If there is none.
        """
        if name not in self.transitions:
            raise InputDataError(f"no step {name!r}", f"workflow {self.name}",
                                 did_you_mean(name, self.transitions))
        return self.transitions[name]


def load_workflow(name: str | Path) -> Workflow:
    """Load a shipped workflow by name, or a file of the same form.

    Raises
    ------
    PolicyError
        If there is none, it has an unknown key, names an unknown state, or holds a state that
        cannot be reached or from which no final state can be.
    """
    if isinstance(name, str) and name in WORKFLOWS:
        return _shipped(name)
    if isinstance(name, str):
        raise PolicyError(f"no workflow {name!r}", "workflow", did_you_mean(name, WORKFLOWS))
    return _checked(read_yaml(name, PolicyError), str(name))


@cache
def _shipped(name: str) -> Workflow:
    file = resources.files("landtool.cases") / "workflows" / f"{name}.yml"
    return _checked(read_yaml(file, PolicyError), f"workflows/{name}.yml")


def workflow_of_prefix(prefix: str) -> Workflow | None:
    """Give the workflow whose case numbers begin so."""
    return next((flow for flow in map(_shipped, WORKFLOWS) if flow.prefix == prefix), None)


def _checked(content: Any, where: str) -> Workflow:
    try:
        read = _File.model_validate(content)
    except ValidationError as errors:
        first = errors.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{place}: {first['msg']}", where, "mend the workflow file") from None
    flow = Workflow(**{name: getattr(read, name) for name in _File.model_fields})
    faults = _faults(flow)
    if faults:
        raise PolicyError("; ".join(faults[:3]), where, "mend the workflow file")
    return flow


def _faults(flow: Workflow) -> list[str]:
    named = {flow.initial, *(end for step in flow.transitions.values() for end in (*step.from_, step.to))}
    unknown = named - set(flow.states) - {ANY, BACK}
    if unknown:
        return [f"unknown state {state!r}" for state in sorted(unknown)]
    faults = [f"step {name}: a draft is returned or approved by a reviewer"
              for name, step in flow.transitions.items()
              if step.role != "reviewer" and any(flow.states[s].draft for s in step.from_ if s != ANY)]
    ahead = {state: targets(flow, state) for state in flow.states}
    # A returned draft goes to where it came from: nothing is reached that way first.
    onward = {state: {step.to for _, step in flow.steps_from(state)} - {BACK} for state in flow.states}
    reached = _closure({flow.initial}, onward)
    faults += [f"state {state!r} cannot be reached" for state in flow.states if state not in reached]
    behind: dict[str, set[str]] = {state: set() for state in flow.states}
    for state, ends in ahead.items():
        for end in ends:
            behind[end].add(state)
    finals = {state for state, what in flow.states.items() if what.final}
    ending = _closure(finals, behind)
    faults += [f"state {state!r} leads to no end" for state in flow.states if state not in ending]
    return faults


def targets(flow: Workflow, state: str) -> set[str]:
    """States that one step leads to; a returned draft goes to where it can have come from."""
    found: set[str] = set()
    for _, step in flow.steps_from(state):
        found |= set(_drafted_in(flow, state)) if step.to == BACK else {step.to}
    return found


def _drafted_in(flow: Workflow, draft: str) -> Sequence[str]:
    return [state for state in flow.states
            if any(step.to == draft for _, step in flow.steps_from(state))]


def _closure(start: set[str], ahead: dict[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for state in ahead[todo.pop()] - seen:
            seen.add(state)
            todo.append(state)
    return seen
