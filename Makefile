# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# The newest Python from 3.11 on; a bare python3 may be older.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help
help: ## show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed; set PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@echo "installing pinned packages into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.PHONY: setup
setup: $(VENV)/.ready ## make the virtual environment with pinned packages

.PHONY: demo
demo: setup ## play the life of a few tenants on real servers, then stop
	@$(BIN)/tenantry demo

.PHONY: dev
dev: setup ## start the stack, API and worker; stop with Ctrl-C
	@$(BIN)/tenantry dev

.PHONY: test
test: lint layers ## lint, types, import layers and all tests
	@$(MAKE) --no-print-directory --jobs=2 types pytest

# Compiled code is kept: every test process, and every server that a test starts, would compile it anew.
.PHONY: pytest
pytest: setup
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

.PHONY: lint
lint: setup ## ruff
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .

.PHONY: types
types: setup ## mypy, strict
	@nice $(BIN)/mypy --no-error-summary

.PHONY: layers
layers: setup ## import-linter contracts
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: setup ## let ruff format and fix
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: bench
bench: peers ## how fast it is, beside what a machine could do and others do; writes bench/results.md, half an hour
	@$(BIN)/python -m bench --write && $(PEERS)/bin/python bench/charts.py

.PHONY: bench-long
bench-long: peers ## what only shows after long: memory of a worker, costs among very many
	@$(BIN)/python -m bench --write --long && $(PEERS)/bin/python bench/charts.py results-long

PEERS := .venv-peers

$(PEERS)/.ready: requirements/peers.lock
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed; set PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv $(PEERS)
	@echo "installing pinned packages into $(PEERS)"
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.lock
	@touch $@

.PHONY: peers
peers: setup $(PEERS)/.ready ## what the bench compares with (Ansible, DBOS), in an environment of its own

.PHONY: chaos
chaos: setup ## strike every step of every workflow with every fault; CASE=… plays some, ARGS=--fresh starts anew
	@$(BIN)/python -m tests.chaos $(if $(CASE),--case '$(CASE)') $(ARGS)

.PHONY: fuzz
fuzz: setup ## try the API with random requests by its OpenAPI document, as each kind of caller; EXAMPLES=… for each route (100)
	@EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest -q tests/api/fuzz_deeply.py $(ARGS)

.PHONY: audit
audit: setup ## ask whether weaknesses of the pinned packages are known; says so where that cannot be asked
	@$(BIN)/python requirements/audit.py

.PHONY: noisy
noisy: setup ## 200 sign-ups at once while providers throttle and lose answers; some minutes
	@$(BIN)/python -m tests.noisy $(ARGS)

.PHONY: histories
histories: setup ## record anew what the replay tests replay, and the fingerprints of the workflows
	@$(BIN)/python -m pytest -q tests/workflows/record_histories.py tests/workflows/record_fingerprints.py

.PHONY: client
client: setup ## make the typed client anew from the API's document
	@$(BIN)/python -m tests.client.generate

.PHONY: lock
lock: setup ## pin the dependencies anew, with hashes and no addresses
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group devstack --group dev pyproject.toml -o requirements/dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.lock pyproject.toml -o requirements/app.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.lock requirements/peers.in -o requirements/peers.lock
