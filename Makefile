VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
UP ?=

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/runtime ## set up, then run everything on this machine (options for `sequencing up` in UP=…)
	@exec $(BIN)/sequencing up $(UP)

test soak bench: export PYTHONDONTWRITEBYTECODE := # of their hundreds of processes each would compile everything anew

test: $(VENV)/development ## set up, then run all tests
	@command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || echo "There is no Chromium here: the tests of tests/browser are skipped. Debian: apt-get install chromium-headless-shell"
	$(BIN)/python -m pytest -n 4 tests

pictures: $(VENV)/development ## take the pictures of all pages anew, into docs/pictures (needs Chromium)
	TAKE_PICTURES=docs/pictures $(BIN)/python -m pytest -m soak tests/browser/test_pictures.py

check: $(VENV)/development ## format, lint, types, import contracts, deployment files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python deploy/check.py

bench: $(VENV)/development ## measure beside the bare engine, and a large house
	$(BIN)/python -m benchmarks.enrollments
	$(BIN)/python -m benchmarks.bulk_adds
	$(BIN)/python -m benchmarks.replies
	$(BIN)/python -m benchmarks.lists
	$(BIN)/python -m benchmarks.lists --sqlite

soak: $(VENV)/development ## kills, races and long queues, many times
	$(BIN)/python -m pytest -m soak -n 4 --maxschedchunk=1 --timeout=7200 tests

lock: ## pin the dependencies again, with hashes (needs uv, and nothing installed)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml -c requirements/runtime.txt -o requirements/development.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements/runtime.txt $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "sequencing-here.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!%s\nfrom starter.__main__ import main\nmain()\n' "$$PWD/$(BIN)/python" > $(BIN)/sequencing && chmod +x $(BIN)/sequencing
	@touch $@

$(VENV)/development: requirements/development.txt $(VENV)/runtime
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/development.txt
	@touch $@

.PHONY: help run test pictures check bench soak lock
