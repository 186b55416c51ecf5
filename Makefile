# Each target sets up its own .venv from the lock when it is missing or stale.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .bench-venv
PEERS_READY := $(PEERS)/.ready
# Installed packages are byte-compiled once, so that every command starts fast.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types bench docs lock clean

demo: $(READY)
	@$(BIN)/python sample_pipelines/demo.py

test: lint types
	$(BIN)/pytest -n 4 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy tests

# A peer that cannot be installed here is reported as such; the rest is measured all the same.
bench: $(READY)
	-@$(MAKE) -s $(PEERS_READY)
	$(BIN)/python -m benchmarks

docs: $(READY)
	$(BIN)/python -m docs.generate

lock:
	@test -x $(VENV)/bin/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install -q uv; }
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --upgrade --group pyproject.toml:bench -o requirements-bench.lock

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "trainauto needs Python 3.11 or newer on the PATH" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The peers' pins and the product's need not agree, so they live apart; version control ignores them.
$(PEERS_READY): requirements-bench.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo '*' > $(PEERS)/.gitignore
	$(PEERS)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .hypothesis
