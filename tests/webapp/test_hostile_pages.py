"""Names that would do harm are text wherever a page reads Markdown; and what the server refuses."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import pytest

import landtool as lt
from landtool.webapp.navigation import PAGES
from landtool.webapp.serve import UPLOAD_MAX_MB, command, run
from tests.browser.hostile import HOSTILE

# An image is fetched from wherever it says: one more that must stay text.
EVIL = [*HOSTILE, "![x](http://evil.example/x.png)", "[x](javascript:alert(6))", ":red[x]", "$x$"]
_NAMES = {
    "parcels": ("holder", "park_name"), "parks": ("park_name",), "districts": ("district_name", "region_group"),
    "contracts": ("holder",), "findings": ("message_zh", "message_en", "clause"), "grades": ("enterprise_name",),
}  # fmt: skip
# What of a page is read as Markdown; tables, text() and code() show what they hold.
_READ = ("markdown", "caption", "title", "header", "subheader", "error", "warning", "info", "success")


@pytest.fixture(scope="module")
def hostile_town(assessed_town, tmp_path_factory):
    """The town with every name of people, places and findings replaced."""
    folder = tmp_path_factory.mktemp("hostile") / "demo"
    shutil.copytree(assessed_town, folder)
    result = lt.read_results(folder / "out")
    frames = {}
    for name, columns in _NAMES.items():
        frame = getattr(result, name)
        if frame is None:
            continue
        names = [f"{EVIL[place % len(EVIL)]}{place}" for place in range(len(frame))]
        frames[name] = frame.assign(**{column: names for column in columns if column in frame})
    summary = {**result.summary, "name": "".join(EVIL)}
    lt.write_results(replace(lt.Assessment(**{key: getattr(result, key) for key in lt.Assessment.__dataclass_fields__}),
                             summary=summary, **frames), folder / "out")
    return folder


def meant(text: str) -> str:
    """What Markdown takes for more than letters: escaped signs and code are taken out."""
    return re.sub(r"\\.", "", text)


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_names_are_text_on_every_page(run_page, hostile_town, page):
    app = run_page(page, "zh", hostile_town)
    if page == "map":
        app.session_state["map_selected"] = lt.read_results(hostile_town / "out").parcels["parcel_id"].iloc[0]
        app.run()
        assert not app.exception
    read = [cell.value for kind in _READ for cell in getattr(app, kind)]
    read += [metric.label for metric in app.metric] + [str(metric.value) for metric in app.metric]
    read += [expander.label for expander in app.expander] + [button.label for button in app.button]
    for text in read:
        for evil in ("<img", "<svg", "<script", "](http", "](javascript", ":red[", "$x$"):
            assert evil not in meant(text), f"{page}: {text[:200]}"
    if page == "map":
        assert any("onerror" in text for text in read), "the card shows no hostile name: this test tests nothing"


def test_uploads_are_limited_and_the_server_speaks_to_this_machine():
    words = command("127.0.0.1", 8501)
    assert f"--server.maxUploadSize={UPLOAD_MAX_MB}" in words
    assert "--server.address=127.0.0.1" in words
    assert "--browser.gatherUsageStats=false" in words
    # Streamlit's own protections stay as they are.
    assert not [word for word in words if re.search("Xsrf|CORS|enableStaticServing", word)]


def test_an_address_others_reach_is_warned_of(assessed_town, capsys, monkeypatch):
    served: list[list[str]] = []
    monkeypatch.setattr("landtool.webapp.serve._serve", lambda words, environment: served.append(words) or 0)
    assert run(assessed_town, "0.0.0.0", 18_501) == 0
    assert "reachable from other machines" in capsys.readouterr().err
    assert "--server.address=0.0.0.0" in served[0]
    assert run(assessed_town, "127.0.0.1", 18_501) == 0
    assert capsys.readouterr().err == ""
