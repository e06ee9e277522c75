# The targets, for people; `make` alone lists them. CI runs `make test`, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV) ## Serve the sample content at http://127.0.0.1:8000, one lesson due within a minute
	@$(BIN)/chaishots demo

test: $(VENV)/dev lint ## What CI does: lint, types, import rule, every test
	$(BIN)/pytest

lint: $(VENV)/dev ## Style, types and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

lock: $(VENV)/dev ## Write the lock files anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --upgrade \
		--custom-compile-command 'make lock' --quiet --extra build pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --upgrade \
		--custom-compile-command 'make lock' --quiet --extra build --extra dev pyproject.toml --output-file requirements-dev.txt

clean: ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) .chaishots

$(VENV): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo 'Chai Shots needs Python 3.11 to 3.13: name one, such as  make PYTHON=python3.12 demo'; exit 1; }
	@echo 'Making the virtual environment $(VENV) …'
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(VENV)

$(VENV)/dev: $(VENV) requirements-dev.txt
	@echo 'Adding what the checks need …'
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@
