"""The exceptions of landtool: each names what was got, where, and how to mend it.

A caller's mistake raises one of these. Dirty rows never raise: they are set aside with a reason.
"""

from __future__ import annotations


class LandtoolError(Exception):
    """Base of every error landtool raises on purpose.

    Parameters
    ----------
    what : str
        What is wrong, with the value that was got.
    where : str
        File, layer, row, field or parameter.
    mend : str
        What the reader can do about it.

    Examples
    --------
    >>> str(LandtoolError("no such layer", "parks.gpkg", "choose one of: parks, roads"))
    'no such layer: parks.gpkg: choose one of: parks, roads'
    """

    exit_code = 2

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.what, self.where, self.mend) if part)


class InputDataError(LandtoolError):
    """A source cannot be read, or a frame lacks what a function needs."""


class CrsError(InputDataError):
    """A coordinate reference system is missing, unknown, or wrong for the work."""


class PolicyError(LandtoolError):
    """A policy file or a policy parameter is malformed, unknown, or not in force."""


class UnknownCodeError(InputDataError):
    """A code stands in no table that landtool was given."""


class OutputError(LandtoolError):
    """Results cannot be written where they were asked to go."""
