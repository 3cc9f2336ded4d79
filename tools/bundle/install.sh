#!/bin/sh
# Installs landtool into .venv beside this file: no internet, no root.
set -eu
cd "$(dirname "$0")"
PY="${PYTHON:-python3.11}"
command -v "$PY" >/dev/null || { echo "No $PY was found: install Python 3.11, or set PYTHON. See README.txt." >&2; exit 1; }
"$PY" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$PY is not Python 3.11." >&2; exit 1; }
"$PY" -m venv .venv
.venv/bin/python -m pip --isolated install --quiet --no-index --find-links wheels --no-deps \
  --require-hashes -r requirements-linux_x86_64.txt
echo "Done. Start it with ./start.sh"
