"""The numbers that assessments are judged by: dated data files, each number with its clause.

``load_policy("chongqing-2021", as_of)["idle.fee_share"]`` has ``.value .unit .clause .source``.
"""

from landtool.policy.load import load_policy, shipped_policies, validate_policy
from landtool.policy.model import Parameter, Policy, Table

__all__ = ["Parameter", "Policy", "Table", "load_policy", "shipped_policies", "validate_policy"]
