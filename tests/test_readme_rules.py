"""The READMEs' table of rules: every rule the tool has, with clause, command, columns that exist and findings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landtool import cli, messages
from landtool.reports.results import FRAMES, read_results
from landtool.schema.result_columns import result_column

ROOT = Path(__file__).resolve().parents[1]
READMES = {"README.md": "| rule |", "README.zh-CN.md": "| 内容 |"}
# Made by `balance` beside the result files.
OTHER_FILES = ("summary.json", "balance_ledger.csv", "balance_sankey.png", "balance_map.png", "balance_trend.png")


def table(readme: str) -> list[list[str]]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    lines = text[text.index(READMES[readme]):].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in lines[2:]]


def quoted(cell: str) -> list[str]:
    return [name.strip() for part in re.findall(r"`([^`]+)`", cell) for name in part.split(",")]


def known_rules() -> list[str]:
    """Every rule by the name it has in the catalogue of messages; checks of the data are one."""
    rules = [key.removeprefix("rule.") for key in messages.keys("rule.")]
    return [rule if "." in rule else f"{rule}.any" for rule in rules]


@pytest.mark.parametrize("readme", READMES)
def test_every_rule_has_a_row_with_clause_and_command(readme):
    rows = table(readme)
    commands = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    covered = [name.removesuffix("*") for row in rows for name in quoted(row[4])]
    for row in rows:
        assert len(row) == 5, row
        assert all(row), row
        assert set() < set(quoted(row[2])) <= commands
    bare = [rule for rule in known_rules() if not any(rule.startswith(lead) for lead in covered)]
    assert bare == []


@pytest.mark.parametrize("readme", READMES)
def test_columns_of_the_table_exist(readme):
    for row in table(readme):
        for name in quoted(row[3]):
            name = name.removesuffix(" …")
            if name.endswith(".parquet"):
                assert name.removesuffix(".parquet") in FRAMES
            elif "*" in name:
                lead = name.split("*")[0]
                assert lead == "balance_" or any(result_column(file, f"{lead}status") for file in FRAMES), name
            elif name.startswith("…"):
                assert result_column("parcels", f"far{name.removeprefix('…')}")
            elif not name.startswith(OTHER_FILES):
                assert any(result_column(file, name) for file in FRAMES), name


def test_every_finding_of_a_town_has_a_name_and_a_row(assessed_town):
    found = read_results(assessed_town / "out").findings["rule_id"].unique()
    leads = [name.removesuffix("*") for row in table("README.md") for name in quoted(row[4])]
    for rule in found:
        assert messages.has(f"rule.{rule}") or rule.startswith("data."), rule
        assert any(rule.startswith(lead) for lead in leads), rule
