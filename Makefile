# `make run` and `make test` do all the set-up themselves; each step runs again only when its input changed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
PORT ?= 8000
QUICK := not browser and not kill and not whole
SLOW := browser or kill or whole

.DEFAULT_GOAL := help
.PHONY: help run test test-again test-fast check strings clean

help:
	@echo "make run    start everything on http://127.0.0.1:$(PORT)"
	@echo "make test   run every test, the browser tests included"
	@echo "make check  format, lint, import contracts, types"

$(PY):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info[:2] < (3, 11))" 2>/dev/null \
	  || { echo "Python 3.11 is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(PY)
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(PY)
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

run: $(VENV)/.runtime
	@exec $(PY) manage.py up --port $(PORT)

test: $(VENV)/.dev
	@sh tests/chromium.sh
	$(PY) -m pytest -n 2 -q -m "$(QUICK)"
	$(PY) -m pytest -n 2 -v -m "$(SLOW)" || $(MAKE) --no-print-directory test-again

# Tests that wait for browsers and processes can starve beside each other: what failed runs once more, alone. A second
# failure is a failure, and so is a run that ended without naming one.
test-again:
	@echo "== again, one at a time: what failed"
	$(PY) -m pytest -v --last-failed --last-failed-no-failures none -m "$(SLOW)"

test-fast: $(VENV)/.dev
	$(PY) -m pytest -n 2 -q -m "$(QUICK)"

check: $(VENV)/.dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports
	$(PY) -m mypy .

strings: $(VENV)/.dev
	$(PY) manage.py strings

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
