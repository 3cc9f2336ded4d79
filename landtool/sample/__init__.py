"""An invented town for doctests, tests, the demo and benchmarks.

Places, companies, codes and figures are made up; no real district, park or company is meant.
"""

from __future__ import annotations

from landtool.sample.town import Town, make_town, planted_problems
from landtool.sample.write import write_town

__all__ = ["Town", "make_town", "planted_problems", "write_town"]
