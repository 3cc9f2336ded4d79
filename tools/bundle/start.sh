#!/bin/sh
# Starts the app; name a workspace folder, or none for the start page.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
export PYTHONUTF8=1
exec "$here/.venv/bin/python" -m landtool.cli app "$@"
