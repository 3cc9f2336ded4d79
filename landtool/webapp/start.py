"""The start page: from a folder or a workbook to a workspace, with nothing but the browser."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from landtool import messages
from landtool.atomic import replace_file
from landtool.errors import InputDataError, LandtoolError
from landtool.policy.load import load_policy, shipped_policies
from landtool.reports.commands import put_demo
from landtool.reports.templates import template_layers, template_workbook
from landtool.schema import LAYERS
from landtool.sources.catalogue import load_catalogue
from landtool.sources.recognise import catalogue_text, recognise
from landtool.webapp.field_choice import choose_fields
from landtool.webapp.look import upload_words
from landtool.webapp.plain import as_text
from landtool.webapp.uploads import safe_name, store

CATALOGUE = "landtool.yaml"
DEMO_PARCELS = 3000
_WAYS = ("folder", "workbook", "demo")
_MOST_FOLDERS = 40


def choose_workspace(language: str) -> Path | None:
    """Draw the start page; the workspace once a person has opened one in this session."""
    opened = st.session_state.get("workspace")
    if opened is not None:
        return Path(opened)

    def say(key: str, **values: object) -> str:
        return messages.say(f"start.{key}", language, **values)

    st.title(say("title"))
    st.caption(say("about"))
    way = st.radio(say("way"), _WAYS, horizontal=True, format_func=lambda name: say(f"way_{name}"),
                   label_visibility="collapsed")
    try:
        folder = {"folder": _folder, "workbook": _workbook, "demo": _demo}[way](language)
        if folder is not None:
            _from_folder(folder, language)
    except LandtoolError as error:
        st.error(as_text(error))
    with st.expander(say("templates")):
        _templates(language)
    return None


def folders_near(place: Path) -> list[Path]:
    """The folder itself and those in it that hold a workspace or may, workspaces first."""
    inside = [entry for entry in sorted(place.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    inside += [entry for one in inside[:_MOST_FOLDERS] if not one.is_symlink()
               for entry in sorted(one.iterdir()) if (entry / CATALOGUE).is_file()]
    ready = [entry for entry in [place, *inside] if (entry / CATALOGUE).is_file()]
    return [*ready, *(entry for entry in inside if entry not in ready)][:_MOST_FOLDERS]


def _folder(language: str) -> Path | None:
    near = folders_near(Path.cwd())
    picked = st.selectbox(messages.say("start.near", language), near, index=None, format_func=str,
                          placeholder=messages.say("start.choose", language))
    typed = st.text_input(messages.say("start.path", language)).strip().strip('"')
    if not typed and picked is None:
        return None
    folder = Path(typed).expanduser() if typed else Path(str(picked))
    if not folder.is_dir():
        raise InputDataError("no such folder", str(folder), "type the whole path of a folder")
    return folder


def _workbook(language: str) -> Path | None:
    """A workbook becomes a folder of its own, beside where the app was started."""
    upload_words(language)
    file = st.file_uploader(messages.say("start.workbook", language), type=["xlsx", "xls", "csv"])
    if file is None:
        return None
    name = safe_name(file.name)
    folder = Path.cwd() / name.rpartition(".")[0]
    folder.mkdir(exist_ok=True)
    store(folder, name, file.getvalue())
    st.caption(messages.say("start.stored", language, path=str(folder)))
    return folder


def _demo(language: str) -> Path | None:
    folder = Path.cwd() / "data" / "demo"
    st.caption(messages.say("start.demo_about", language, path=str(folder)))
    if st.button(messages.say("start.demo_open", language), type="primary"):
        with st.spinner(messages.say("step.town", language)):
            put_demo(folder, DEMO_PARCELS)
        _open(folder)
    return None


def _from_folder(folder: Path, language: str) -> None:
    if (folder / CATALOGUE).is_file():
        load_catalogue(folder)
        if st.button(messages.say("start.open", language, name=folder.name), type="primary"):
            _open(folder)
        return
    document, layers = recognise(folder)
    st.subheader(messages.say("start.recognised", language, count=len(layers)))
    with st.form("recognised"):
        settings = _settings(document, language)
        chosen = {one.key: choose_fields(one, language) for one in layers}
        if st.form_submit_button(messages.say("start.save", language), type="primary"):
            _save(folder, catalogue_text(document, layers, chosen, settings))
            _open(folder)


def _settings(document: dict[str, object], language: str) -> dict[str, str]:
    cells = st.columns(4)
    policies = shipped_policies()
    guessed = str(document.get("policy") or "national")
    return {
        "name": cells[0].text_input(messages.say("start.name", language), str(document.get("name") or "")),
        "policy": cells[1].selectbox(messages.say("start.policy", language), policies,
                                     index=policies.index(guessed) if guessed in policies else 0,
                                     format_func=lambda name: _policy_title(name, language)),
        "as_of": cells[2].date_input(messages.say("start.as_of", language)).isoformat(),
        "crs": cells[3].text_input(messages.say("start.crs", language), placeholder="EPSG:4545").strip(),
        "language": language,
    }  # fmt: skip


def _policy_title(name: str, language: str) -> str:
    policy = load_policy(name)
    return policy.title if language == "zh" else policy.title_en


def _save(folder: Path, text: str) -> None:
    """Write the catalogue; one that cannot be read again does not stay."""
    target = folder / CATALOGUE
    replace_file(target, text.encode("utf-8"))
    try:
        load_catalogue(folder)
    except LandtoolError:
        target.unlink()
        raise


def _open(folder: Path) -> None:
    st.session_state["workspace"] = str(folder.resolve())
    st.rerun()


def _templates(language: str) -> None:
    cells = st.columns(4)
    for place, name in enumerate(template_layers()):
        layer = LAYERS[name]
        cells[place % 4].download_button(
            layer.zh if language == "zh" else layer.en, data=template_workbook(name, language),
            file_name=f"{layer.zh}.xlsx", key=f"template_{name}", on_click="ignore")
