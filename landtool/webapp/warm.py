"""Getting the map ready while the first browser is still loading the page, not after it has asked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from landtool.errors import LandtoolError
from landtool.webapp.serve import WORKSPACE_VARIABLE

# Nobody asks for a card before a map is there.
_BEFORE_CARDS_S = 4.0


@asynccontextmanager
async def warming(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Around the server's life: the workspace it was started on is read ahead, beside the loop that serves."""
    folder = os.environ.get(WORKSPACE_VARIABLE)
    if folder:
        threading.Thread(target=warm_up, args=(Path(folder),), name="warm-up", daemon=True).start()
    yield {}


def warm_up(folder: Path) -> None:
    """Read what the first map and the first card of a workspace need; nothing where it was never assessed.

    What cannot be read is said by the page that needs it.
    """
    # Not before the server runs: components and caches register with it.
    from landtool.webapp import map_data, parcel_card, view

    with suppress(LandtoolError):
        if view.has_results(folder):
            opened = view.open_view(folder, "zh")
            map_data.make_ready(opened)
            # The first map is being drawn now: it has the processor.
            time.sleep(_BEFORE_CARDS_S)
            parcel_card.make_ready(opened)
            import_module("landtool.webapp.case_of_parcel")  # the store of cases: half a second of the first card
