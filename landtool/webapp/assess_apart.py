"""The assessment as a process of its own: what it takes goes back when it ends, and others' pages go on meanwhile.

Started as ``python -m landtool.webapp.assess_apart WORKSPACE``; tells on its standard output, a line of JSON each,
the steps it begins and the error it ends with.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from pathlib import Path
from threading import Thread
from typing import IO, Any

from landtool.errors import LandtoolError, OutputError
from landtool.progress import Progress
from landtool.sources.catalogue import RESULTS_FOLDER

_KEPT_LINES = 20


def assess_apart(folder: Path, progress: Progress) -> None:
    """Assess a workspace and write its results, in another process.

    Parameters
    ----------
    folder : Path
    progress : callable
        Told at the start of each step.

    Raises
    ------
    LandtoolError
        What the assessment was refused for; the last good results stand.
    """
    words = [sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          errors="replace") as work:  # fmt: skip
        said: deque[str] = deque(maxlen=_KEPT_LINES)
        # Read beside: a full pipe of warnings would stop the work.
        listener = Thread(target=lambda: said.extend(work.stderr or ()), daemon=True)
        listener.start()
        try:
            refused = _listen(work.stdout, progress)
        except BaseException:
            work.terminate()  # whoever stops looking (another page, another click) stops the work
            raise
        code = work.wait()
        listener.join()
    if refused is not None:
        raise refused
    if code:
        raise OutputError(f"the assessment ended with {code}", str(folder), "".join(said).strip() or
                          "run landtool assess in a terminal")


def _listen(lines: IO[str] | None, progress: Progress) -> LandtoolError | None:
    """Pass on the steps until the lines end; the error that was told, if one was."""
    refused = None
    for line in lines or ():
        told = _read(line)
        if "error" in told:
            refused = LandtoolError(*told["error"])
        elif "step" in told:
            progress(told["step"], **told["values"])
    return refused


def _read(line: str) -> dict[str, Any]:
    """A line of ours; nothing where a library printed one of its own."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def assess_here(folder: Path, progress: Progress) -> None:
    """The same in this process."""
    from landtool.assessment import assess
    from landtool.reports.results import write_results
    from landtool.workspace import open_workspace

    result = assess(open_workspace(folder, progress=progress), progress=progress)
    progress("step.write")
    write_results(result, folder / RESULTS_FOLDER)


def _main(folder: Path) -> int:
    def step(key: str, **values: object) -> None:
        _tell(step=key, values={name: value if isinstance(value, int) else str(value) for name, value in values.items()})

    try:
        assess_here(folder, step)
    except LandtoolError as error:
        _tell(error=[error.what, error.where, error.mend])
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
