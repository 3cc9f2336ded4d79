"""Collect everything an office PC without internet needs into one folder: ``make bundle``.

Takes the wheels of ``requirements.lock`` for 64-bit Windows and Linux (Python 3.11), checks them against
the lock, builds those that are published as sources only, adds landtool itself, and writes the scripts
that install and start it. What is installed later is checked once more, against ``requirements-*.txt``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PYTHON = "3.11"
# Published as sources only; pure Python, so one wheel serves every system.
SOURCES_ONLY = ("xstatic-leaflet",)
# Needed to build landtool, not to run it.
BUILD_ONLY = ("flit-core",)
PLATFORMS = {
    "win_amd64": (["win_amd64"], {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt",
                                  "platform_machine": "AMD64"}),
    "linux_x86_64": (["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64",
                      "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64",
                      "manylinux_2_5_x86_64", "manylinux1_x86_64"],
                     {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
                      "platform_machine": "x86_64"}),
}  # fmt: skip


def locked_for(text: str, platform: str) -> dict[str, str]:
    """The pins of a lock that hold on a platform, with their hashes and without their markers.

    Returns
    -------
    dict of str to str
        Name -> requirement as pip reads it, on one line.
    """
    environment = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.9",
                   "implementation_name": "cpython", "platform_python_implementation": "CPython",
                   **PLATFORMS[platform][1]}  # fmt: skip
    found = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        lines = [line.split("#")[0].rstrip(" \\") for line in block.splitlines()]
        pin, _, marker = lines[0].partition(";")
        name = re.match(r"([A-Za-z0-9._-]+)==", pin)
        if name and (not marker.strip() or Marker(marker.strip()).evaluate(environment)):
            hashes = [line.strip() for line in lines[1:] if "--hash" in line]
            found[name.group(1).lower()] = " ".join([pin.strip(), *hashes])
    return {name: pin for name, pin in found.items() if name not in BUILD_ONLY}


def pip(*arguments: str) -> None:
    """Run pip of this Python."""
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


def collect(platform: str, wheels: Path, work: Path) -> list[Path]:
    """Put the platform's wheels into ``wheels``; what was fetched is checked against the lock."""
    pins = locked_for(LOCK.read_text(encoding="utf-8"), platform)
    here, listed, built = work / platform, work / f"{platform}.txt", work / f"{platform}-sources.txt"
    here.mkdir()
    listed.write_text("\n".join(pin for name, pin in pins.items() if name not in SOURCES_ONLY), "utf-8")
    built.write_text("\n".join(pins[name] for name in SOURCES_ONLY), "utf-8")
    places = [word for tag in PLATFORMS[platform][0] for word in ("--platform", tag)]
    pip("download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", *places,
        "--python-version", PYTHON, "--implementation", "cp", "--abi", "cp311", "--abi", "abi3",
        "--abi", "none", "-r", str(listed), "-d", str(here))
    pip("wheel", "--quiet", "--no-deps", "--require-hashes", "-r", str(built), "-w", str(here))
    own = work / "own"
    if not own.is_dir():
        pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT), "-w", str(own))
    kept = []
    for wheel in sorted([*here.iterdir(), *own.iterdir()]):
        shutil.copy2(wheel, wheels / wheel.name)
        kept.append(wheels / wheel.name)
    return kept


def pinned(wheels: list[Path]) -> str:
    """Requirements that name exactly these wheels by version and hash."""
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name.replace('_', '-').lower()}=={version} --hash=sha256:{digest}")
    return "\n".join(sorted(set(lines))) + "\n"


def write_scripts(folder: Path) -> None:
    """The scripts and the notes: Windows ones with CRLF, in the code page of a Chinese Windows."""
    texts = Path(__file__).parent / "bundle"
    for name in ("安装.cmd", "启动.cmd", "说明.txt"):
        text = (texts / name).read_text(encoding="utf-8").replace("\r\n", "\n").replace("\n", "\r\n")
        # Notepad reads UTF-8 with its mark everywhere; the command processor reads its code page only.
        (folder / name).write_bytes(text.encode("utf-8-sig" if name.endswith(".txt") else "cp936"))
    for name in ("install.sh", "start.sh", "README.txt"):
        shutil.copyfile(texts / name, folder / name)
        (folder / name).chmod(0o755 if name.endswith(".sh") else 0o644)


def main(target: Path, platforms: list[str]) -> None:
    """Build the bundle anew; the former one goes only once the new one is whole."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "wheels").mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="landtool-bundle-") as work:
        for platform in platforms:
            kept = collect(platform, fresh / "wheels", Path(work))
            (fresh / f"requirements-{platform}.txt").write_text(pinned(kept), encoding="ascii")
    write_scripts(fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 2**20
    print(f"{target}: {len(list((target / 'wheels').iterdir()))} wheels, {size:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist/bundle"), sys.argv[2:] or list(PLATFORMS))
