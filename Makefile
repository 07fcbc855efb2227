# One verb a habit. Everything is installed into .venv, at the versions that constraints.txt pins.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := .demo
PIP    := $(BIN)/python -m pip --disable-pip-version-check
QUESTION ?= How can large language models annotate documents for training retrievers?

# The stamps say that the environment holds what pyproject.toml and constraints.txt ask for.
INSTALLED     := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test browser model check ui screenshots bench lock clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "paperchat needs Python 3.11 or newer, and '$(PYTHON)' is not one." >&2; \
	    echo "Install it, or name one that you have: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(INSTALLED)

demo: $(INSTALLED) ## ingest the sample reports into a throw-away library and answer one question
	@rm -rf $(DEMO)
	$(BIN)/paperchat --data-dir $(DEMO) ingest rag/sample
	$(BIN)/paperchat --data-dir $(DEMO) ask "$(QUESTION)"

check: $(INSTALLED_DEV) ## lint, types and import rules, without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: $(INSTALLED_DEV) ## find the Chromium that the page's tests need, or install it
	@$(BIN)/python -m tests.support.browser

model: $(INSTALLED_DEV) ## fetch the small language model that one test runs, where it can be had
	@$(BIN)/python -m tests.support.llama_server >/dev/null || \
	    echo "The small language model cannot be fetched; the test that runs it will be skipped." >&2

test: check browser model ## everything that must pass before a commit: check, then all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

ui: $(INSTALLED) ## open the web page
	@exec $(BIN)/paperchat ui

screenshots: $(INSTALLED_DEV) browser ## take the pictures of the page that README.md shows
	$(BIN)/python -m tests.support.screenshots docs/screenshots

bench: $(INSTALLED) ## measure ranking and answers; PAPERCHAT_SHARED_DATA names the folder with scifact/, qa/ and reports/
	$(BIN)/python -m eval.bench

lock: ## resolve every dependency afresh and pin them all in constraints.txt
	@rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip --disable-pip-version-check install --quiet --editable '.[dev]'
	@{ echo "# Every package of a tested environment, made by 'make lock' on Python $$(.lock/bin/python -c \
	    'import sys; print("%d.%d" % sys.version_info[:2])'). Do not edit."; \
	    .lock/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f; } > constraints.txt
	@rm -rf .lock
	@if grep -nEi '@|://|^-|^(torch|nvidia-)' constraints.txt; then \
	    echo "constraints.txt must hold plain name==version lines only, and no torch: see above" >&2; exit 1; fi

clean: ## remove the environment, the demo's library, caches and builds
	rm -rf $(VENV) .lock $(DEMO) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find rag ui eval tests -name __pycache__ -type d -exec rm -rf {} +
