# Every target makes what it needs: `make demo` and `make test` work on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint lock bench certify faults clean

install: .venv/installed.dev

# The runtime alone: what `make demo` and a server need.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Reelwright needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed.dev: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/installed
	@$(BIN)/reelwright demo

test: .venv/installed.dev
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadgroup --no-loadscope-reorder $(ARGS)

lint: .venv/installed.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# Pins every package with hashes and without addresses, for every platform and Python from 3.11 on.
lock:
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE) --extra build --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

bench: .venv/installed.dev
	$(BIN)/python -m tests.benchmarks

# Proves that every render is paid once: takes some minutes, writes docs/certificate.{json,svg}.
certify: .venv/installed.dev
	$(BIN)/python -m tests.system.paid_once.certify $(ARGS)

# Injects every fault of the matrix for real: takes some minutes, writes docs/reliability.{md,svg}.
faults: .venv/installed.dev
	$(BIN)/python -m tests.system.faults $(ARGS)

clean:
	rm -rf .venv DATA build *.egg-info
