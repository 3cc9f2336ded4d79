"""Files handed in to a workspace: stored under a safe name, recognised, and named in landtool.yaml by dropdown."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from landtool.atomic import replace_file
from landtool.codes.classification import shipped_classifications
from landtool.errors import LandtoolError
from landtool.schema import LAYERS
from landtool.sources.catalogue import FILE_NAME, Catalogue, RasterSpec, SourceSpec, load_catalogue
from landtool.sources.catalogue_edit import with_source
from landtool.sources.encoding import decode_text
from landtool.sources.guess import PartGuess, guess_parts
from landtool.sources.recognise import Recognised, entry_of, recognised_as
from landtool.webapp.field_choice import choose_fields
from landtool.webapp.look import upload_words
from landtool.webapp.plain import as_text
from landtool.webapp.running import run_again
from landtool.webapp.uploads import ACCEPTED, keep_former, store
from landtool.webapp.view import View

_BESIDE = {".dbf", ".shx", ".prj", ".cpg"}
# Files of shapes stand for a whole layer; tables of further months or years add to one.
_SHAPES = {".shp", ".gpkg", ".geojson", ".zip", ".parquet"}
_LAND_USE = "land_use"


@dataclass(frozen=True)
class NewSource:
    """A source that is to be named: its place in the catalogue, how it was understood, and as corrected."""

    key: str
    recognised: Recognised
    fields: pd.DataFrame


def hand_in(view: View) -> None:
    """Draw the box for files, and what each new one may be."""
    st.subheader(view.say("app_data.hand_in"))
    upload_words(view.language)
    files = st.file_uploader(view.say("app_data.hand_in_hint"), type=ACCEPTED, accept_multiple_files=True,
                             key="handed_in")
    names = _stored(view, files)
    catalogue = load_catalogue(view.folder)
    fresh = [name for name in names if not is_named(catalogue, name)]
    for name in names:
        st.text(view.say("app_data.stored" if name in fresh else "app_data.stored_known", name=name))
    data = [name for name in fresh if Path(name).suffix not in _BESIDE]
    if data:
        _place(view, catalogue, data)
    elif names:
        st.info(view.say("app_data.after_hand_in"))


def is_named(catalogue: Catalogue, name: str) -> bool:
    """Whether the catalogue names a file of the workspace, or what lies beside one it names."""
    specs: list[SourceSpec | RasterSpec] = [*catalogue.layers.values(), *catalogue.land_use.values(), *catalogue.rasters]
    paths = [path for spec in specs if spec.path for path in ([spec.path] if isinstance(spec.path, str) else spec.path)]
    stem, suffix = Path(name).stem, Path(name).suffix
    return any(fnmatchcase(name, path) or (suffix in _BESIDE and fnmatchcase(f"{stem}.shp", path)) for path in paths)


def _stored(view: View, files: Any) -> list[str]:
    """Names under which the files lie in the workspace; every click runs the page again: each is stored once."""
    stored: dict[str, str] = st.session_state.setdefault("stored_files", {})
    for file in files:
        if file.file_id not in stored:
            try:
                stored[file.file_id] = store(view.folder, file.name, file.getvalue()).name
            except LandtoolError as error:
                st.error(as_text(error))
    return list(dict.fromkeys(stored[file.file_id] for file in files if file.file_id in stored))


def _place(view: View, catalogue: Catalogue, names: list[str]) -> None:
    """Ask what each new file is; write it down and assess anew."""
    chosen: list[NewSource] = []
    for name in names:
        try:
            path = view.folder / name
            guesses = _guesses(str(view.folder), name, path.stat().st_mtime)
            if not guesses:
                st.caption(view.say("app_data.no_layer", name=as_text(name)))
            for guess in guesses:
                with st.container(border=True):
                    chosen += _choose(view, catalogue, name, guess)
        except LandtoolError as error:
            st.error(as_text(error))
    keys = [one.key for one in chosen]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        st.warning(view.say("app_data.twice", name=as_text(", ".join(twice))))
    if st.button(view.say("app_data.name_and_run"), type="primary", key="name_and_run", disabled=not chosen or bool(twice)):
        try:
            name_sources(view.folder, chosen, lambda: run_again(view.folder, view.language))
        except LandtoolError as error:
            st.error(as_text(error))
            return
        st.rerun()


@st.cache_resource(show_spinner=False, max_entries=64)
def _guesses(folder: str, name: str, stamp: float) -> list[PartGuess]:
    return guess_parts(Path(folder), Path(folder) / name)


def _choose(view: View, catalogue: Catalogue, name: str, guess: PartGuess) -> list[NewSource]:
    """Which layer a part of a file is, and its fields; nothing where it is not to be used."""
    title = f"{name} · {guess.part}" if guess.part else name
    key = f"{name}_{guess.part}"
    options = ["", *guess.specs]
    layer = st.selectbox(view.say("app_data.is_layer", name=as_text(title)), options, index=int(guess.is_sure and len(options) > 1),
                         key=f"layer_{key}", format_func=lambda one: _layer_name(one, view))
    if not layer:
        return []
    spec, place = dict(guess.specs[layer]), layer
    if layer == _LAND_USE:
        place = f"{_LAND_USE}:{_snapshot(view, guess, key, spec)}"
    now = catalogue.land_use.get(place.partition(":")[2]) if layer == _LAND_USE else catalogue.layers.get(layer)
    if now is not None:
        spec = _beside_or_instead(view, now, spec, name, key)
    one = recognised_as(view.folder, place, spec)
    return [NewSource(place, one, choose_fields(one, view.language))]


def _beside_or_instead(view: View, now: SourceSpec, spec: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    """The entry of a layer that has a source: another table joins it, or takes its place."""
    if now.path is not None and "layer" not in spec and Path(name).suffix not in _SHAPES:
        way = st.radio(view.say("app_data.has_source", name=as_text(now.shown)), ("beside", "instead"), key=f"way_{key}",
                       horizontal=True, format_func=lambda one: view.say(f"app_data.source_{one}"))
        if way == "beside":
            paths = [now.path] if isinstance(now.path, str) else list(now.path)
            return {**now.model_dump(exclude_defaults=True), "path": [*paths, name]}
        return spec
    st.warning(view.say("app_data.takes_place", name=as_text(now.shown)))
    return spec


def _layer_name(layer: str, view: View) -> str:
    if not layer:
        return view.say("app_data.not_used")
    return LAYERS[layer].zh if view.language == "zh" else LAYERS[layer].en


def _snapshot(view: View, guess: PartGuess, key: str, spec: dict[str, Any]) -> str:
    """Name and classification of a snapshot of land use; the classification goes into the entry."""
    left, right = st.columns(2)
    name = left.text_input(view.say("app_data.snapshot"), guess.snapshot, key=f"snapshot_{key}", max_chars=40).strip()
    systems = ["", *shipped_classifications()]
    system = right.selectbox(view.say("app_data.classification"), systems, key=f"system_{key}",
                             index=systems.index(spec.get("classification", "")),
                             format_func=lambda one: one or view.say("app_data.by_codes"))
    spec.pop("classification", None)
    if system:
        spec["classification"] = system
    return name or guess.snapshot


def name_sources(folder: Path, sources: list[NewSource], run: Any) -> None:
    """Name sources in the catalogue and assess anew; if either fails the catalogue is as it was.

    Parameters
    ----------
    folder : Path
        The workspace.
    sources : list of NewSource
    run : callable
        Assesses the workspace.

    Raises
    ------
    LandtoolError
        If a unit does not fit, the catalogue cannot be read again, or the assessment fails.
    """
    file = folder / FILE_NAME
    former = file.read_bytes()
    text = decode_text(former, None, file.name)[0].removeprefix("\ufeff")
    for source in sources:
        text = with_source(text, source.key, entry_of(source.recognised, source.fields))
    keep_former(folder, file.name, former)
    replace_file(file, text.encode("utf-8"))
    try:
        load_catalogue(folder)
        run()
    except LandtoolError:
        replace_file(file, former)
        raise
