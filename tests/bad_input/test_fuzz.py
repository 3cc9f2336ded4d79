"""Random damage to source files: refused in one line or fully accounted for, never a traceback."""

from __future__ import annotations

import os
import random
import zlib

import pytest
import yaml

CASES = 3
SOAK = int(os.environ.get("LANDTOOL_FUZZ_CASES", "400"))


def damaged(data: bytes, draw: random.Random) -> bytes:
    """One or two strokes of bad luck."""
    made = bytearray(data)
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(len(made) + 1)
        size = min(draw.choice([1, 4, 16, 200, 4000]), max(1, len(made) // 2))
        kind = draw.choice(["flip", "flips", "zero", "ones", "cut", "delete", "double", "noise", "swap"])
        if kind == "flip" and at < len(made):
            made[at] ^= 1 << draw.randrange(8)
        elif kind == "flips":
            for _ in range(draw.randint(2, 40)):
                made[draw.randrange(len(made))] = draw.randrange(256)
        elif kind == "zero":
            made[at : at + size] = bytes(len(made[at : at + size]))
        elif kind == "ones":
            made[at : at + size] = b"\xff" * len(made[at : at + size])
        elif kind == "cut":
            del made[max(1, at) :]
        elif kind == "delete":
            del made[at : at + size]
        elif kind == "double":
            made[at:at] = made[at : at + size]
        elif kind == "noise":
            made[at:at] = draw.randbytes(size)
        elif kind == "swap":
            other = draw.randrange(len(made))
            one, two = bytes(made[at : at + size]), bytes(made[other : other + size])
            if abs(at - other) > size and len(one) == len(two):
                made[at : at + size], made[other : other + size] = two, one
        if not made:
            made += b"\0"
    return bytes(made)


def jobs(place):
    """Each file, and the smallest workspace that reads it."""
    layers = place.catalogue["layers"]
    for name, entry in layers.items():
        if name == "rasters":
            for raster in entry:
                yield [raster["path"]], {"contracts": layers["contracts"], "rasters": [raster]}
        elif name == "land_use":
            for snapshot, spec in entry.items():
                yield [spec["path"]], {"contracts": layers["contracts"], "land_use": {str(snapshot): spec}}
        else:
            files = [entry["path"]]
            if entry["path"].endswith(".shp"):
                files += [entry["path"].replace(".shp", part) for part in (".dbf", ".shx", ".prj")]
            anchor = {} if name in ("parcels", "contracts") else {"contracts": layers["contracts"]}
            yield files, {name: entry, **anchor}


def parts(place, names):
    """The files themselves; of a folder each file in it."""
    for name in names:
        path = place / name
        yield from sorted(p for p in path.iterdir() if p.stat().st_size) if path.is_dir() else [path]


def go(place, settled, seed, cases, only=None):
    head = {key: value for key, value in place.catalogue.items() if key != "layers"}
    for files, layers in list(jobs(place)):
        if only is not None and next(iter(layers)) != only:
            continue
        text = yaml.safe_dump({**head, "layers": layers}, allow_unicode=True, sort_keys=False)
        (place / "landtool.yaml").write_text(text, encoding="utf-8")
        paths = list(parts(place, files))
        for case in range(cases) if isinstance(cases, int) else cases:
            draw = random.Random(f"{seed} {files[0]} {next(iter(layers))} {case}")
            path = draw.choice(paths)
            sound = path.read_bytes()
            path.write_bytes(damaged(sound, draw))
            try:
                settled(place)
            except BaseException:
                print(f"seed {seed}, case {case} of {files[0]}: {path.name}, {zlib.crc32(path.read_bytes()):08x}")
                raise
            finally:
                path.write_bytes(sound)


def test_damaged_files_of_a_bureau(mixed, settled):
    go(mixed, settled, seed=1, cases=CASES)


@pytest.mark.parametrize(("seed", "layer", "cases"), [
    (31, "buildings", [3, 9]), (21, "parcels", [5]), (11, "parcels", [9]), (11, "contracts", [10]),
    (11, "park_statistics", [3, 6]),
])  # fmt: skip
def test_damage_that_once_broke_it(mixed, settled, seed, layer, cases):
    go(mixed, settled, seed, cases, only=layer)


def test_damaged_plain_files(plain, settled):
    go(plain, settled, seed=2, cases=1)


def test_damaged_catalogue(plain, run):
    plain.only("contracts")
    file = plain / "landtool.yaml"
    sound = file.read_bytes()
    for case in range(25):
        file.write_bytes(damaged(sound, random.Random(case)))
        ended = run("check", plain.folder, "--json")
        assert ended.code in (0, 1, 2)
        assert "unexpected" not in ended.err.partition(": ")[2][:12], (case, ended.err)
        assert ended.err.count("\n") == (ended.code == 2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_long(mixed, plain, settled, seed):
    go(mixed, settled, seed=100 + seed, cases=SOAK // 4 // 20 + 1)
    go(plain, settled, seed=200 + seed, cases=SOAK // 4 // 20 + 1)
