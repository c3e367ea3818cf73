# The verbs of this repository. Each sets itself up in a private virtual environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_READY := $(VENV)/.ready-demo
DEV_READY := $(VENV)/.ready-dev
# as pip does for a wheel: each start is the quicker
COMPILE := $(BIN)/python -m compileall -q src handlers connectors
SOURCES := src handlers connectors tests benchmarks scripts hatch_build.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix goldens docs sandbox chaos bench clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV_READY) ## Install everything a developer needs

demo: $(DEMO_READY) ## Run the connector against a local Treasure Data, step by step
	@$(BIN)/argosy demo --once

test: $(DEV_READY) ## Run all tests, those of the sample flows first
	$(BIN)/argosy test flows --junit build/flow-tests.xml
	$(BIN)/pytest -n auto $(PYTEST_ARGS)

check: $(DEV_READY) ## Lint, types, layers, connector
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/argosy check
	$(BIN)/python scripts/write_reference.py --check

fix: $(DEV_READY) ## Mend what the linter and formatter can mend
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

goldens: $(DEV_READY) ## Write the golden files again; read them as diffs
	$(BIN)/pytest -q --update-goldens tests/connector tests/rules tests/flow_rules \
	  tests/server/api/test_openapi.py

docs: $(DEV_READY) ## Write the generated reference pages again
	$(BIN)/python scripts/write_reference.py

sandbox: $(READY) ## Serve a local Treasure Data
	$(BIN)/argosy sandbox

chaos: $(DEV_READY) ## Run the tests in which the vendor fails and nothing may be lost
	$(BIN)/pytest tests/connector/test_nothing_is_lost.py tests/connector/test_repeating.py

bench: $(DEV_READY) ## Measure calls, lists, the sandbox, flows and tables, each beside a floor or a peer in the same run
	$(BIN)/python benchmarks/call.py
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/sandbox.py
	$(BIN)/python benchmarks/flows.py --quick
	$(BIN)/python benchmarks/tables.py --quick

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): $(VENV)/bin/pip pyproject.toml hatch_build.py
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@$(COMPILE)
	@touch $@

$(DEMO_READY): $(VENV)/bin/pip pyproject.toml hatch_build.py
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[server,tables]'
	@$(COMPILE)
	@touch $@ $(READY)

$(DEV_READY): $(VENV)/bin/pip pyproject.toml hatch_build.py
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(READY) $(DEMO_READY)
