# Two commands do all set-up on a machine that has only Python >= 3.11 and make:
#   make demo    the main job on the demo workspace
#   make test    lint, types, import contract, tests
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
WORKSPACE ?= data/demo
export PYTHONUTF8 = 1
export STREAMLIT_BROWSER_GATHER_USAGE_STATS = false

.PHONY: help demo app test lint bench soak lock docs bundle clean

help:
	@echo "make demo | app | test | lint | bench | soak | lock | docs | bundle | clean"

demo: $(VENV)/runtime.stamp
	@$(BIN)/landtool demo $(WORKSPACE)

app: $(VENV)/runtime.stamp
	@test -f $(WORKSPACE)/out/summary.json || $(BIN)/landtool demo $(WORKSPACE)
	@$(BIN)/landtool app $(WORKSPACE)

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not soak"

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp
	$(BIN)/python -m pytest benchmarks -p no:cacheprovider -s -q

soak: $(VENV)/dev.stamp
	LANDTOOL_SOAK=1 $(BIN)/python -m pytest -m soak -s

docs: $(VENV)/dev.stamp
	$(BIN)/python -m landtool.schema.dictionary > docs/fields.md

# Everything an office PC without internet needs, in dist/bundle (needs an index to fetch from).
bundle: $(VENV)/runtime.stamp
	$(BIN)/python tools/bundle.py dist/bundle

# Writes the hash-locked requirements; needs uv (pip install uv). No index address enters the files.
UV_COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 pyproject.toml --group build
lock:
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --group dev -c requirements.lock -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "landtool needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing landtool into $(VENV) (hash-locked; about a minute the first time) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the developer's tools into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $(VENV)/runtime.stamp $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
