"""Getting the map ready while the first browser is still loading the page, not after it has asked."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from landtool.errors import LandtoolError
from landtool.sources.catalogue import load_catalogue
from landtool.webapp.map_server import MAPS
from landtool.webapp.serve import WORKSPACE_VARIABLE

# Nobody asks for a card before a map is there, and a map that is being drawn has the processor.
_MAP_WITHIN_S, _BEFORE_CARDS_S = 60.0, 2.0


@asynccontextmanager
async def warming(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Around the server's life: the workspace it was started on is read ahead, beside the loop that serves."""
    folder = os.environ.get(WORKSPACE_VARIABLE)
    if folder:
        threading.Thread(target=warm_up, args=(Path(folder),), name="warm-up", daemon=True).start()
    yield {}


def warm_up(folder: Path) -> None:
    """Read and load what the first map, card and pages of a workspace need; nothing where it was never assessed.

    What cannot be read is said by the page that needs it.
    """
    # Not before the server runs: components and caches register with it.
    from landtool.webapp import map_data, navigation, parcel_card, view

    with suppress(LandtoolError):
        if view.has_results(folder):
            opened = view.open_view(folder, load_catalogue(folder).language)
            map_data.make_ready(opened)
            set_aside()
            MAPS.first_opened.wait(_MAP_WITHIN_S)
            time.sleep(_BEFORE_CARDS_S)
            parcel_card.make_ready(opened)
            for page in navigation.PAGES:
                page.load()
            set_aside()


def set_aside() -> None:
    """Take what is loaded now, libraries above all, out of the search for garbage.

    Streamlit searches everything after every run of a page: a sixth of a second in which the last elements of the page
    are not sent and nobody else is served.
    """
    gc.collect()
    gc.freeze()
