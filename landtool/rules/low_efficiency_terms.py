"""What the policy calls low-efficiency: rules as data, thresholds, and the route each rule suggests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from landtool.columns import day
from landtool.errors import PolicyError
from landtool.policy import Policy

RELATIVE = ("output_intensity", "tax_intensity")
CONTROL = ("far", "building_coefficient", "service_land_share", "service_floor_share")
TESTS = (*RELATIVE, "commitment", *CONTROL, "zombie")
"""What a rule may be made of; parts joined by ``&`` must hold together."""


@dataclass(frozen=True)
class Terms:
    """The numbers in force on the day; ``rules`` holds each rule's text and its parts."""

    rules: tuple[tuple[str, tuple[str, ...]], ...]
    routes: tuple[str, ...]
    rule_routes: dict[str, str]
    median_ratio: float
    peers_min: int
    commitment_ratio: float
    commitment_years: int
    area_min_m2: float
    ramp_months: float
    zombie_years: int
    clauses: dict[str, str]

    def route(self, rule: str) -> str | None:
        """The route a rule suggests: its own, else the most far-reaching of its parts'."""
        if rule in self.rule_routes:
            return self.rule_routes[rule]
        found = [self.rule_routes[part] for part in parts_of(rule) if part in self.rule_routes]
        return max(found, key=self.routes.index) if found else None


def parts_of(rule: str) -> tuple[str, ...]:
    """Split a rule into the tests that must hold together.

    Examples
    --------
    >>> parts_of("output_intensity & far")
    ('output_intensity', 'far')
    """
    return tuple(part.strip() for part in rule.split("&"))


def read_terms(policy: Policy, as_of: dt.date) -> Terms | None:
    """Read the rules in force on a day; None where the policy has none.

    Raises
    ------
    PolicyError
        If a rule names an unknown test, a route is unknown, or a number that a rule needs is missing.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> terms = read_terms(load_policy("chongqing-2021"), "2025-12-31")
    >>> terms.rules[2], terms.route("commitment")
    (('commitment', ('commitment',)), 'buy_back')
    """
    terms = policy.at(day(as_of))
    named = terms.get("low_efficiency.rules")
    if named is None:
        return None
    rules = tuple((rule, parts_of(rule)) for rule in named.value)
    where = f"policy {policy.name}: low_efficiency"
    for rule, parts in rules:
        strange = [part for part in parts if part not in TESTS]
        if strange:
            raise PolicyError(f"no test {strange[0]!r} in the rule {rule!r}", where,
                              f"join some of: {', '.join(TESTS)}")
    routes, pairs = terms.get("low_efficiency.routes"), terms.get("low_efficiency.rule_routes")
    known = () if routes is None else tuple(routes.value)
    suggested = {} if pairs is None else dict(_pair(text, known, where) for text in pairs.value)
    clause = {"zombie": terms["zombie.years"].clause}
    gate = terms.get("low_efficiency.area_min_m2")
    return Terms(
        rules, known, suggested, float(terms["low_efficiency.industry_median_ratio_min"].value),
        int(terms["low_efficiency.peers_min"].value),
        float(terms["low_efficiency.commitment_ratio_min"].value),
        int(terms["low_efficiency.commitment_years"].value),
        0.0 if gate is None else float(gate.value), float(terms["commitment.ramp_months"].value),
        int(terms["zombie.years"].value),
        {test: clause.get(test, named.clause) for test in TESTS},
    )  # fmt: skip


def _pair(text: str, routes: tuple[str, ...], where: str) -> tuple[str, str]:
    rule, _, route = (part.strip() for part in text.partition("="))
    if route not in routes:
        raise PolicyError(f"no route {route!r} in {text!r}", where,
                          f"write RULE=ROUTE with one of: {', '.join(routes) or 'low_efficiency.routes'}")
    return rule, route
