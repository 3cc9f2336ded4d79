"""Wide commitment sheets made long: a column a metric becomes a row a metric."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from landtool.schema.cell_base import as_text, is_blank
from landtool.schema.commitments import AMOUNTS, METRICS
from landtool.schema.fields import Layer
from landtool.schema.folding import fits, fold, split_header

_PREFIX = re.compile(
    r"^(?:(合同|出让合同)|(协议|招商协议|招商引资协议|监管协议|投资协议))?(?:约定|承诺)?的?(?:达产后?)?"
)

# The units of metrics that are no money; of another one the column stays unused, and is reported.
_OWN_UNIT = re.compile(r"[(_/](?:人|个|吨标准煤/万元|吨标煤/万元|tce/万元)\)?$")


def to_long(
    table: pd.DataFrame, rows: pd.Series, layer: Layer
) -> tuple[pd.DataFrame, pd.Series, int]:
    """Turn a wide sheet of commitments long; any other table is returned as it is.

    A wide sheet has no column that names the metric, but columns such as ``投资强度(万元/亩)``,
    ``协议约定亩均税收(万元/亩)`` or ``约定产值(万元)``. Each filled cell becomes a row; a row without any
    stays one row. A word before the metric (合同, 协议) says where it is committed, if no column does.

    Parameters
    ----------
    table : DataFrame
        As read, on a RangeIndex.
    rows : Series of Int64
        Source rows.
    layer : Layer
        Only ``commitments`` has a wide form.

    Returns
    -------
    DataFrame, Series, int
        The table, its source rows, and how many rows were made beyond those that came in.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> sheet = pd.DataFrame({"合同编号": ["A"], "协议约定投资强度(万元/亩)": [300],
    ...                       "合同税收强度(万元/亩)": [20]})
    >>> long, rows, extra = to_long(sheet, pd.Series([2]), LAYERS["commitments"])
    >>> long["metric"].tolist(), long["source"].tolist(), extra
    (['investment', 'tax'], ['agreement', 'contract'], 1)
    """
    if layer.name != "commitments":
        return table, rows, 0
    found = {str(name): _metric(str(name)) for name in table.columns}
    wide = {name: metric for name, metric in found.items() if metric is not None}
    named = {fold(alias) for alias in ("metric", "指标", *layer.field("metric").aliases)}
    if not wide or any(fold(name) in named for name in table.columns):
        return table, rows, 0
    others = table.drop(columns=list(wide))
    parts = [_part(table[name], others, *metric) for name, metric in wide.items()]
    at = np.concatenate([part.index.to_numpy() for part in parts])
    silent = np.setdiff1d(np.arange(len(table)), at)
    joined = pd.concat([*parts, others.iloc[silent]])
    order = np.argsort(joined.index.to_numpy(), kind="stable")
    long = joined.iloc[order]
    source_rows = rows.iloc[long.index.to_numpy()].reset_index(drop=True)
    return long.reset_index(drop=True), source_rows, len(long) - len(table)


def _metric(header: str) -> tuple[str, str, str, str] | None:
    """Metric, unit, column of the long table and source that a wide header names."""
    name, unit = split_header(header)
    own = _OWN_UNIT.search(name)
    name = name[: own.start()] if own else name
    start = _PREFIX.match(name)
    bare = name[start.end() :] if start else name
    spellings = {fold(text): metric for metric, texts in METRICS.items() for text in (metric, *texts)}
    metric = spellings.get(bare) or spellings.get(name)
    if metric is None:
        return None
    if metric in AMOUNTS:
        # A limit on energy is told by its unit alone; persons need none.
        if unit or (metric == "energy" and not own):
            return None
        target = "约定数量"
    else:
        target = "约定总额" if fits(unit, "cny") else "约定强度"
    said = "contract" if start and start.group(1) else "agreement" if start and start.group(2) else ""
    return metric, unit, target, said


def _part(
    column: pd.Series, others: pd.DataFrame, metric: str, unit: str, target: str, said: str
) -> pd.DataFrame:
    text = as_text(column)
    filled = ~is_blank(text)
    part = others[filled].copy()
    # The unit goes into the cell, because the metrics of one sheet may have different ones.
    bare = text[filled].str.fullmatch(r"[\s\d.,+-]+").to_numpy(dtype=bool)
    part[target] = text[filled].where(~bare, text[filled].str.strip() + unit)
    part["metric"] = metric
    if said:
        part["source"] = said
    return part
