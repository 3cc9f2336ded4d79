"""Catalogues and policies that are missing, broken, or say what cannot be."""

from __future__ import annotations

import pytest

HEAD = "name: x\npolicy: national\nas_of: 2025-12-31\n"
CONTRACTS = "layers:\n  contracts: {path: contracts.csv}\n"


@pytest.mark.parametrize(("text", "says"), [
    ("", "empty"), ("\n\n# nothing but a remark\n", "empty"), ("- contracts\n- parcels\n", "no list of keys"),
    ("just a sentence", "no list of keys"), (HEAD, "no layers"), (HEAD + "layers:\n", "no layers"),
    (HEAD + "layers: [contracts]\n", "no layers"),
    (HEAD + "layers:\n\tcontracts: {path: contracts.csv}\n", "line 5, column 1.*no tabs"),
    (HEAD + "layers:\n  contracts: {path: contracts.csv\n", "not valid YAML: line"),
    (HEAD + "layers:\n  contracts:: path\n", "contracts"),
    (HEAD + CONTRACTS + "  contracts: {path: b.csv}\n", "line 6: key 'contracts' stands twice.*line 5"),
    (HEAD + CONTRACTS + "as_of: 2024-12-31\n", "key 'as_of' stands twice"),
    (HEAD + CONTRACTS + "polcy: national\n", "unknown key 'polcy' .did you mean 'policy'"),
    (HEAD + CONTRACTS + "parcels: {path: a.csv}\n", "put it under layers"),
    (HEAD + CONTRACTS + "  parcel: {path: a.csv}\n", "unknown layer 'parcel' .did you mean 'parcels'"),
    (HEAD + CONTRACTS.replace("path", "pth"), "unknown key 'pth'.*did you mean 'path'"),
    (HEAD + "layers:\n  contracts: contracts.csv\n", "written as {path: FILE}"),
    (HEAD + "layers:\n  contracts:\n", "written as {path: FILE}"),
    (HEAD + "layers:\n  contracts: {path: }\n", "contracts"),
    (HEAD + "layers:\n  contracts: {path: ''}\n", "contracts"),
    (HEAD + "layers:\n  contracts: {path: []}\n", "contracts|no path"),
    (HEAD + "layers:\n  contracts: {sheet: 0}\n", "needs path, or url and table"),
    (HEAD + "layers:\n  contracts: {path: contracts.csv, columns: {holdr: 人}}\n", "did you mean 'holder'"),
    (HEAD + "layers:\n  contracts: {path: contracts.csv, columns: [holder]}\n", "columns"),
    (HEAD + "layers:\n  contracts: {path: contracts.csv, columns: {area_m2: {field: area_m2, unit: 头}}}\n",
     "头"),
    (HEAD + "layers:\n  contracts: {path: contracts.csv, columns: {holder: {field: holder, unit: 亩}}}\n",
     "takes no unit"),
    (HEAD + "layers:\n  operations: {path: operations.csv}\n", "neither parcels nor contracts"),
    (HEAD + CONTRACTS + "  land_use: {path: a.parquet}\n", "needs a snapshot name"),
    (HEAD + CONTRACTS + "  land_use: {2025: {path: land_use_2025.parquet, classification: gb9999}}\n", "gb9999"),
    (HEAD + CONTRACTS + "  rasters: {path: ndvi.tif}\n", "rasters must be a list"),
    (HEAD + CONTRACTS + "  rasters:\n    - {path: ndvi.tif, kind: ndvy, date: 2025-07-01}\n", "kind"),
    (HEAD + CONTRACTS + "  rasters:\n    - {path: ndvi.tif, kind: ndvi, date: 2025-07-41}\n", "date"),
    (HEAD.replace("2025-12-31", "2025-13-31") + CONTRACTS, "2025-13-31.*write it as 2025-12-31"),
    (HEAD.replace("2025-12-31", "last year") + CONTRACTS, "last year"),
    (HEAD.replace("2025-12-31", "[2025]") + CONTRACTS, "as_of"),
    (HEAD.replace("as_of: 2025-12-31\n", "") + CONTRACTS, "--as-of"),
    (HEAD.replace("national", "natinal") + CONTRACTS, "natinal.*national"),
    (HEAD.replace("national", "my-policy.yml") + CONTRACTS, "my-policy.yml"),
    (HEAD + "crs: EPSG:99999\n" + CONTRACTS, "99999"), (HEAD + "crs: Beijing\n" + CONTRACTS, "Beijing"),
    (HEAD + "language: fr\n" + CONTRACTS, "language"), (HEAD + "name: [1]\n" + CONTRACTS, "name"),
    ("a: &a [x, x]\nb: *a\n" + HEAD + CONTRACTS, "aliases"),
    (HEAD + CONTRACTS + "".join(f"unknown_key_{n}: 1\n" for n in range(200)), "unknown_key_0"),
    (HEAD + CONTRACTS.replace("contracts.csv", "x" * 5000), "contracts|xxxx"),
    (HEAD + CONTRACTS.replace("contracts.csv", "'**a/*.csv'"), "a/.*csv"),
    (HEAD + CONTRACTS.replace("contracts.csv", "'[a'"), r"\[a"),
    (HEAD + CONTRACTS.replace("contracts.csv", "'*.nothing'"), "no file matches"),
    (HEAD + CONTRACTS.replace("contracts.csv", '"a\\0b.csv"'), "blank|contracts|a.*b.csv"),
    (HEAD + CONTRACTS.replace("contracts.csv", "."), "contracts|vector|folder"),
    (HEAD + CONTRACTS.replace("contracts.csv", "https://example.com/contracts.csv"), "address"),
    (HEAD + CONTRACTS.replace("}", ", sheet: true}"), "sheet"),
    (HEAD + CONTRACTS.replace("}", ", sheet: 1.5}"), "sheet"),
    (HEAD + CONTRACTS.replace("}", ", sheet: Sheet1}"), "without sheets"),
    (HEAD + CONTRACTS.replace("}", ", encoding: [GBK]}"), "encoding"),
    (HEAD + CONTRACTS.replace("}", ", crs: nowhere}"), "nowhere"),
    (HEAD + CONTRACTS.replace("}", ", classification: mine.yml}"), "mine.yml"),
    (HEAD + CONTRACTS.replace("}", ", url: postgresql://h/d, table: t}"), "keep one"),
    (HEAD + "layers:\n  contracts: {url: postgresql://h/d}\n", "url and table"),
    (HEAD + "layers:\n  contracts: {table: t}\n", "url and table"),
    ("[" * 3000, "not valid YAML"), ("{a: " * 3000, "not valid YAML"),
    ("!!python/object/apply:os.system ['true']\n", "not valid YAML"),
], ids=lambda value: "" if "\n" in value or len(value) > 60 else None)  # fmt: skip
def test_wrong_catalogue(plain, refused, text, says):
    (plain / "landtool.yaml").write_text(text, encoding="utf-8")
    refused(plain, says=says)


@pytest.mark.parametrize("data", [b"\x00" * 50, b"\xff\xfe\x00\xd8", bytes(range(256)), b"\x89PNG\r\n\x1a\n\x00"],
                         ids=["zeros", "half a character", "bytes", "picture"])
def test_catalogue_that_is_no_text(plain, refused, data):
    (plain / "landtool.yaml").write_bytes(data)
    refused(plain, "landtool.yaml")


def test_catalogue_that_is_a_folder(plain, run):
    (plain / "landtool.yaml").unlink()
    (plain / "landtool.yaml").mkdir()
    ended = run("check", plain.folder)
    assert ended.code == 2
    assert "landtool init" in ended.err
    assert ended.err.count("\n") == 1


# --- policies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "says"), [
    ("", "parameters"), ("- a\n- b\n", "parameters"), ("a\0b", "YAML|special"), ("name: [\n", "YAML"), ("name:\n\t- x\n", "YAML|tab"),
    ("name: mine\nname: again\n", "twice"), ("nme: mine\n", "nme"),
    ("name: mine\nextends: natinal\n", "natinal|extends"),
])  # fmt: skip
def test_broken_policy_file(plain, refused, run, text, says):
    (plain / "mine.yml").write_text(text, encoding="utf-8")
    plain.only("contracts", policy="mine.yml")
    refused(plain, "mine.yml", says=says)
    for words in (("policy", "validate", plain / "mine.yml"), ("policy", "show", plain / "mine.yml"),
                  ("assess", plain.folder, "--policy", plain / "mine.yml", "--json")):  # fmt: skip
        ended = run(*words)
        assert ended.code == 2, words
        assert ended.out == ""
        assert "mine.yml" in ended.err
        assert ended.err.count("\n") == 1


def test_unknown_policy_on_the_command_line(plain, run):
    plain.only("contracts")
    ended = run("assess", plain.folder, "--policy", "chongqing-2012", "--json")
    assert ended.code == 2
    assert "chongqing-2021" in ended.err
    assert (plain / "out/summary.json").read_text() == '{"name": "last good"}\n'


def test_policy_before_its_day(plain, run):
    """A day on which no number was in force yet."""
    plain.only("contracts")
    ended = run("assess", plain.folder, "--as-of", "1950-01-01", "--json")
    assert ended.code == 2
    assert "1950-01-01" in ended.err
    assert ended.err.count("\n") == 1
