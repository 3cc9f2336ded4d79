"""A workspace of real samples: the files copied into a fresh folder, with a catalogue beside them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Give ``build(samples, layers, …)``: it copies the samples and writes ``landtool.yaml``.

    ``samples`` are globs below the folder of samples; ``layers`` is the YAML of each layer, by name;
    ``beside`` are further small files by name.
    """

    def make(
        samples: Sequence[str], layers: Mapping[str, str], *, as_of: str = "2025-12-31",
        policy: str = "national", beside: Mapping[str, str] | None = None,
    ) -> Path:  # fmt: skip
        folder = tmp_path_factory.mktemp("real")
        for pattern in samples:
            found = sorted(shared_data.glob(pattern))
            assert found, f"no sample {pattern}"
            for path in found:
                shutil.copyfile(path, folder / path.name)
        for name, text in (beside or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        lines = [f"  {name}: {text}" for name, text in layers.items()]
        head = ["name: sample", f"policy: {policy}", f"as_of: {as_of}", "layers:"]
        (folder / "landtool.yaml").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
        return folder

    return make
