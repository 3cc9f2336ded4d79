"""The fields of a source as they were understood, for a person to correct by dropdown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from landtool import messages
from landtool.sources.recognise import MEASURED, Recognised, unit_names
from landtool.webapp.plain import as_text


def choose_fields(one: Recognised, language: str) -> pd.DataFrame:
    """Draw each field of a layer with the column of the file taken for it and its unit.

    Returns
    -------
    DataFrame
        ``field, header, unit`` as corrected.
    """
    layer = one.layer.zh if language == "zh" else one.layer.en
    unsure = bool((one.fields["needs_unit"] | (one.fields["is_required"] & (one.fields["header"] == ""))).any())
    labels = [(f"* {field.zh}" if field.required else field.zh) if language == "zh" else
              (f"* {field.en}" if field.required else field.en) for field in one.layer.fields]
    names = sorted({name for unit in MEASURED for name in unit_names(unit)} | set(one.fields["unit"]) - {""})
    with st.expander(f"{layer} ← {as_text(one.spec['path'])}", expanded=unsure):
        if unsure:
            st.warning(messages.say("start.unsure", language))
        # What is unsure first, then what was found.
        order = (2 * one.fields["needs_unit"] + (one.fields["header"] != "")).sort_values(
            ascending=False, kind="stable").index
        edited = st.data_editor(
            one.fields.assign(label=labels).loc[order, ["field", "label", "header", "unit"]],
            hide_index=True, placeholder="",
            key=f"fields_{one.key}_{one.spec['path']}", disabled=["field", "label"], width="stretch", column_config={
                "field": None, "label": messages.say("start.field", language),
                "header": st.column_config.SelectboxColumn(messages.say("start.column", language),
                                                           options=["", *one.headers]),
                "unit": st.column_config.SelectboxColumn(messages.say("start.unit", language),
                                                         options=["", *names])})
    return edited[["field", "header", "unit"]]
