# The targets, for people; `make` alone lists them. CI runs `make test RERUNS=3`, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(shell $(BIN)/python -m pip --version >/dev/null 2>&1 && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)
# One more than there are cores: a good part of the tests waits, for a moment or for a server.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() + 1, 4))')
# Three seeds beside each other: one takes 0.7 of a core, and waits for the rest. The seed is given, so that all workers count from the same.
HISTORIES := tests/faults/test_history_campaign.py
FLOODS := tests/faults/test_attacks_campaign.py tests/faults/test_uploads_campaign.py
INSTALL = $(PIP) install --quiet --disable-pip-version-check --no-deps --no-compile

.DEFAULT_GOAL := help
.PHONY: help demo test faults floods lint needs browser bench pictures lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV) ## Serve the sample content at http://127.0.0.1:8000, one lesson due within a minute
	@$(BIN)/chaishots demo

test: needs $(VENV)/dev lint ## What CI does: lint, types, import rule, every test that is no campaign
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder \
		$(if $(RERUNS),--reruns 1 --max-suite-reruns $(RERUNS) --rerun-show-tracebacks)

faults: needs $(VENV)/dev ## The long campaigns: random faults, restarts, standbys that take over; 15 minutes
	$(BIN)/pytest -m campaign --numprocesses 2 --dist loadfile --no-loadscope-reorder $(foreach file,$(HISTORIES) $(FLOODS),--ignore $(file))
	CHAISHOTS_FAULTS_SEED=$${CHAISHOTS_FAULTS_SEED:-$$(date +%s)} $(BIN)/pytest -m campaign --numprocesses 3 -rP -p no:logging $(HISTORIES)

floods: needs $(VENV)/dev ## The same of load: attacks on a server with few descriptors, 1,000 uploads; 15 minutes
	$(BIN)/pytest -s -m campaign $(FLOODS)

needs: # what tests would skip without: installed where that can be done, and else said aloud
	@.ci/needs

browser: needs ## Install what the tests of the pages look at them with: Debian's Chromium and fonts

lint: $(VENV)/dev ## Style, types, the import rules, and that what is imported is declared
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry chaishots

bench: $(VENV)/bench ## Measure, 12 minutes, and write docs/PERFORMANCE.md; QUICK=1: 3 minutes, elsewhere; AGAINST=URL
	$(BIN)/python -m bench $(if $(QUICK),--quick --into .chaishots/bench) $(if $(AGAINST),--against $(AGAINST))

pictures: $(VENV)/dev ## Make the pictures of the pages and of the operator's terminal anew
	$(BIN)/python -m bench.terminal_pictures
	$(BIN)/python -m bench.page_pictures

lock: $(VENV)/dev ## Write the lock files anew from pyproject.toml
	$(PIP) install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --upgrade \
		--custom-compile-command 'make lock' --quiet --extra build pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --upgrade \
		--custom-compile-command 'make lock' --quiet --extra build --extra dev pyproject.toml --output-file requirements-dev.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --upgrade \
		--custom-compile-command 'make lock' --quiet --extra bench --constraint requirements-dev.txt pyproject.toml --output-file requirements-bench.txt

clean: ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) .chaishots

# Seconds count for whoever tries it for the first time: the lock file is complete (--no-deps), the outer pip serves the
# new environment where there is one, and the files are compiled on every core.
$(VENV): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo 'Chai Shots needs Python 3.11 to 3.13: name one, such as  make PYTHON=python3.12 demo'; exit 1; }
	@echo 'Making the virtual environment $(VENV) …'
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib chaishots >/dev/null || true
	@touch $(VENV)

$(VENV)/dev: $(VENV) requirements-dev.txt
	@echo 'Adding what the checks need …'
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/bench: $(VENV)/dev requirements-bench.txt
	@echo 'Adding what the bench needs …'
	@$(INSTALL) --require-hashes -r requirements-bench.txt
	@touch $@
