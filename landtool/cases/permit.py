"""May this person take this step now? Everything that speaks against it, in one list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landtool.cases.office import Office, same_name
from landtool.cases.workflow import Transition, Workflow
from landtool.errors import InputDataError
from landtool.policy import Policy


@dataclass(frozen=True)
class Actor:
    """Who acts. ``verified``: by the operating system or a login, not merely typed."""

    name: str
    verified: bool = False

    def __post_init__(self) -> None:
        if not same_name(self.name):
            raise InputDataError("nobody is named", "actor", "give the name of the person who acts")


@dataclass(frozen=True)
class Request:
    """What is handed over with a step.

    Attributes
    ----------
    on : date
        Day of the act itself (of service, of receipt): deadlines count from it.
    note, choice : str
        ``choice``: the route, where a step asks for one.
    amount_cny : float or None
        The fee decided or paid, in CNY.
    documents : sequence
        Documents attached.
    """

    on: dt.date
    note: str = ""
    choice: str = ""
    amount_cny: float | None = None
    documents: Sequence[Any] = ()


@dataclass(frozen=True)
class NextStep:
    """A transition that leaves the case's state, and what speaks against it.

    ``reasons`` are codes of ``messages/case.yml: refused_…`` with their values; none: allowed.
    """

    name: str
    transition: Transition
    choices: tuple[str, ...]
    reasons: tuple[tuple[str, dict[str, str]], ...]

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it, given document, note, amount and choice."""
        return not self.reasons


Reason = tuple[str, dict[str, str]]


def next_steps(case: Any, flow: Workflow, office: Office, policy: Policy, actor: Actor,
               on: dt.date) -> list[NextStep]:
    """Every step that leaves the case's state, for this person on that day."""
    return [NextStep(name, step, choices_of(step, policy), tuple(against(case, flow, step, office, actor, on)))
            for name, step in flow.steps_from(case.state)]


def choices_of(step: Transition, policy: Policy) -> tuple[str, ...]:
    """What the choice of a step may be, by the policy; empty where it asks for none."""
    return tuple(policy[step.choices].value) if step.choices else ()


def against(case: Any, flow: Workflow, step: Transition, office: Office, actor: Actor,
            on: dt.date) -> list[Reason]:
    """Whatever speaks against the step, apart from what has to be handed over."""
    found: list[Reason] = []
    if not flow.leaves(step, case.state):
        found.append(("state", {"state": case.state}))
    if not office.has_role(actor.name, step.role):
        found.append(("role", {"role": step.role, "actor": actor.name}))
    if office.require_verified and not actor.verified:
        found.append(("verified", {"actor": actor.name}))
    if step.role == "reviewer" and case.drafted_by and same_name(case.drafted_by) == same_name(actor.name):
        found.append(("four_eyes", {"actor": actor.name}))
    found += _conditions(case, step)
    if step.after_due and (case.due_date is None or on <= case.due_date):
        found.append(("after_due", {"due_date": str(case.due_date or "–")}))
    if on < case.stepped_on:
        found.append(("before", {"on": str(on), "stepped_on": str(case.stepped_on)}))
    return found


def lacking(step: Transition, request: Request, policy: Policy) -> list[Reason]:
    """What the step needs and was not handed over."""
    given = {"document": bool(request.documents), "note": bool(request.note.strip()),
             "amount": request.amount_cny is not None and request.amount_cny >= 0,
             "choice": bool(request.choice)}
    found: list[Reason] = [(f"needs_{what}", {}) for what in step.needs if not given[what]]
    choices = choices_of(step, policy)
    if request.choice and request.choice not in choices:
        found.append(("choice", {"choice": request.choice, "choices": ", ".join(choices) or "–"}))
    return found


def _conditions(case: Any, step: Transition) -> list[Reason]:
    def value(name: str) -> str:
        facts: Mapping[str, Any] = case.facts
        found = getattr(case, name, None) if hasattr(case, name) else facts.get(name)
        return "" if found is None else str(found)

    found: list[Reason] = [
        ("when", {"name": name, "value": value(name) or "–", "wanted": ", ".join(wanted)})
        for name, wanted in step.when.items() if value(name) not in wanted]
    found += [("unless", {"name": name, "value": value(name)})
              for name, barred in step.unless.items() if value(name) in barred]
    return found
