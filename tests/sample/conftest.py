"""Towns that the tests of the sample look at, and change no row of."""

from __future__ import annotations

from pathlib import Path

import pytest

from landtool.sample import Town, make_town, write_town


@pytest.fixture(scope="package")
def town() -> Town:
    return make_town(seed=0, parcels=3000)


@pytest.fixture(scope="package")
def clean() -> Town:
    return make_town(seed=3, parcels=1200, problems=False)


@pytest.fixture(scope="package")
def mixed(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(town, tmp_path_factory.mktemp("demo")).parent
