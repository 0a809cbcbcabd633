# Every target makes what it needs: `make demo` and `make test` work on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help install demo test interop lint lock bench certify faults clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: .venv/installed.dev ## Make .venv with the reelwright command and what tests need

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

demo: .venv/installed ## Make a video from a sample storyboard and watch it happen
	@$(BIN)/reelwright demo

test: .venv/installed.dev ## Run the tests; ARGS="tests/domain -q" for some of them
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadgroup --no-loadscope-reorder $(ARGS)

# Each official client alone, so that none of them chooses our packages.
INTEROP := .venv-interop/python-1/installed .venv-interop/python-2/installed tests/interop/node_modules/.package-lock.json

.venv-interop/%/installed: tests/interop/%.lock
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

tests/interop/node_modules/.package-lock.json: tests/interop/package-lock.json
	npm ci --prefix tests/interop --ignore-scripts --no-audit --no-fund
	@touch $@

interop: .venv/installed.dev $(INTEROP) ## Run the provider's official clients against the fake one
	$(BIN)/python -m pytest tests/interop $(ARGS)

lint: .venv/installed.dev ## Check style, types, imports, the Dockerfile and the compose file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# With hashes and without addresses, for every platform and Python from 3.11 on.
lock: ## Pin every package again; UPGRADE=--upgrade for newer ones
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE) --extra build --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	for client in 1==1.0.7 2==2.0.0b4; do echo "replicate==$${client#*==}" | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE) --constraint requirements-dev.lock --output-file tests/interop/python-$${client%%=*}.lock -; done

bench: .venv/installed.dev ## Measure ratios against the raw drivers, in one run
	$(BIN)/python -m tests.benchmarks

certify: .venv/installed.dev ## Prove that every render is paid once, in some minutes; writes docs/certificate.*
	$(BIN)/python -m tests.system.paid_once.certify $(ARGS)

faults: .venv/installed.dev ## Inject every fault for real, which takes longer; writes docs/reliability.*
	$(BIN)/python -m tests.system.faults $(ARGS)

clean: ## Remove .venv, DATA with its videos, and what was built
	rm -rf .venv .venv-interop DATA build *.egg-info
