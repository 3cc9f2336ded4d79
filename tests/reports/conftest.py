"""One small town and one register of contracts alone, assessed once for all report tests."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import landtool as lt


@pytest.fixture(scope="session")
def town_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "town"
    lt.write_town(lt.make_town(seed=3, parcels=300), folder, formats="plain")
    return folder


@pytest.fixture(scope="session")
def town_result(town_folder):
    return lt.assess(lt.open_workspace(town_folder))


@pytest.fixture(scope="session")
def contracts_folder(tmp_path_factory):
    """A workspace of contracts alone, one of them with a holder whose name is a formula and markup at once."""
    folder: Path = tmp_path_factory.mktemp("reports") / "contracts"
    folder.mkdir()
    pd.DataFrame({
        "电子监管号": ["A1", "A2", "A3"],
        "土地使用权人": ['=HYPERLINK("http://x","<b>点我</b>")', "@SUM(1+1)", "-2+3{{name}}"],
        "约定动工日期": ["2020-01-01", "2024-06-30", ""], "实际动工日期": ["", "", "2021-05-01"],
        "成交价款(万元)": [1000, 500, 200], "面积(公顷)": [1.0, 2.0, 3.0],
    }).to_csv(folder / "c.csv", index=False)
    (folder / "landtool.yaml").write_text(
        "name: 只有合同\npolicy: national\nas_of: 2025-12-31\nlayers:\n  contracts: {path: c.csv}\n",
        encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def contracts_result(contracts_folder):
    return lt.assess(lt.open_workspace(contracts_folder))
