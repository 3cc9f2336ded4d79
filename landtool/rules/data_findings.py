"""What is doubtful about the data of one subject, as findings beside the verdicts it may bend."""

from __future__ import annotations

import pandas as pd

from landtool import messages
from landtool.columns import texts
from landtool.indicators.output import output_of
from landtool.rules.findings import concat_findings, make_findings, no_findings
from landtool.schema.reasons import field_labels

# Layer of a problem -> what its subject is. Other layers have no subject that people act upon.
SUBJECTS = {
    "parcels": "parcel",
    "parks": "park",
    "districts": "district",
    "contracts": "contract",
    "government_causes": "contract",
    "commitments": "contract",
    "enterprises": "enterprise",
    "operations": "enterprise",
    "occupancy": "enterprise",
}
# Doubts that may turn a verdict: somebody should look before anybody acts.
_SERIOUS = frozenset({
    "overlap", "duplicate_geometry", "geometry_repaired", "area_difference", "park_split",
    "park_disagrees", "district_disagrees", "code_unknown", "contract_parcel_unknown",
    "date_unreadable", "number_unreadable",
})  # fmt: skip
_CLAUSE = "数据核查 / data check"
_UNUSED = ("idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk")


def data_findings(problems: pd.DataFrame) -> pd.DataFrame:
    """Turn problems that name a subject into findings ``data.<kind>``.

    Parameters
    ----------
    problems : DataFrame
        See :mod:`landtool.schema.problems`. Rows that were set aside are no findings: their subject
        is not part of the assessment; they stand in set_aside.

    Returns
    -------
    DataFrame
        Findings of severity ``warning`` where the doubt may bend a verdict, else ``info``.

    Examples
    --------
    >>> from landtool.schema.problems import make_problems
    >>> made = make_problems(layer="parcels", kind="duplicate_geometry", scope="note",
    ...                      subject_id="P1", detail="P2")
    >>> data_findings(made)[["rule_id", "subject_id"]].to_numpy().tolist()
    [['data.duplicate_geometry', 'P1']]
    """
    about = problems[(problems["scope"] != "row") & (problems["subject_id"] != "")
                     & (problems["kind"] != "area_difference")]  # a rule of its own
    about = about[about["layer"].isin(SUBJECTS)]
    mark = about["field"] + "|" + about["detail"]
    about = about.assign(mark=mark).drop_duplicates(["layer", "kind", "subject_id", "mark"])
    return concat_findings(_of_kind(str(layer), str(kind), rows)
                           for (layer, kind), rows in about.groupby(["layer", "kind"], sort=True))


def idle_with_output(parcels: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Find land that the register says is not started on, or stands still, and on which something was produced.

    Figures of enterprises never decide on idle land: who is registered there may produce elsewhere. But
    nobody should act on such land before somebody has looked.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``idle_status, contract_id, gross_output_cny, revenue_cny``.
    year : int or None
        Of the figures.

    Returns
    -------
    pandas.DataFrame
        Findings ``data.idle_with_output``.

    Examples
    --------
    >>> parcels = pd.DataFrame({"parcel_id": ["P1", "P2"], "idle_status": ["idle_2y", "not_idle"],
    ...                         "gross_output_cny": [5e6, 5e6]})
    >>> idle_with_output(parcels, 2025)["subject_id"].tolist()
    ['P1']
    """
    output = output_of(parcels)
    doubt = texts(parcels, "idle_status").isin(_UNUSED) & (output > 0)
    if year is None or not doubt.any():
        return no_findings()
    rows = pd.DataFrame({name: texts(parcels, name) for name in ("parcel_id", "contract_id", "idle_status")})
    rows = rows.assign(output_cny=output, year=year)[doubt.fillna(False).astype("bool")]
    return make_findings(rows, rule_id="data.idle_with_output", subject_kind="parcel", subject_id="parcel_id",
                         severity="warning", clause=_CLAUSE, message="finding.idle_with_output",
                         measured="output_cny", threshold=0.0, unit="cny",
                         evidence=["contract_id", "idle_status", "year", "output_cny"])


def _of_kind(layer: str, kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    made = make_findings(
        rows, rule_id=f"data.{kind}", subject_kind=SUBJECTS[layer], subject_id="subject_id",
        severity="warning" if kind in _SERIOUS else "info", clause=_CLAUSE,
        message=f"problem.{kind}", discriminator="mark",
        evidence=["source", "source_row", "field", "value", "detail"])
    for language in messages.LANGUAGES:
        spoken = rows.assign(field=field_labels(rows, language))
        made[f"message_{language}"] = messages.render(f"problem.{kind}", language, spoken).to_numpy()
    return made
