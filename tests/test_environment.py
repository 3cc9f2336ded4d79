"""pyproject.toml, environment.yml and the locks say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent

# A distribution whose conda name differs.
CONDA_NAMES = {"pandera[geopandas]": "pandera-geopandas", "psycopg[binary]": "psycopg"}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def bounds(requirements: list[str]) -> dict[str, str]:
    return {re.split(r"[<>=]", text)[0].strip().lower(): text[len(re.split(r"[<>=]", text)[0]):]
            for text in requirements}


def test_environment_yml_equals_pyproject():
    wanted = bounds([CONDA_NAMES.get(name := re.split(r"[<>=]", text)[0], name)
                     + text[len(re.split(r"[<>=]", text)[0]):]
                     for text in project()["project"]["dependencies"]])  # fmt: skip
    wanted |= bounds([f"python{project()['project']['requires-python']}"])
    wanted |= {"flit-core": bounds(project()["dependency-groups"]["build"])["flit_core"]}
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    plain = [entry for entry in listed if isinstance(entry, str) and entry != "pip"]
    from_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    assert bounds(plain + from_pip) == wanted


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_hashed_and_name_no_index(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9._-]+)==\S+", text, flags=re.MULTILINE)
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert pins
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n")[0])
    assert not re.search(r"https?://|--index-url|--extra-index-url|file:", text)


def test_locks_hold_every_dependency():
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(),
                            flags=re.MULTILINE))
    for text in project()["project"]["dependencies"]:
        name = re.split(r"[\[<>=]", text)[0].lower().replace("_", "-")
        assert name in locked, name


def test_dev_lock_agrees_with_runtime_lock():
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text(),
                              flags=re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
