# One verb a habit. Everything is installed into .venv, at the versions that constraints.txt pins.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := .demo
PIP    := $(BIN)/python -m pip --disable-pip-version-check
FUZZ_SECONDS ?= 160
QUESTION ?= How can large language models annotate documents for training retrievers?

# The stamps say that the environment holds what pyproject.toml and constraints.txt ask for.
INSTALLED     := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# What a release is audited with and described by has an environment of its own: with the packages that it brings along,
# jsonschema compiles grammars, and importing chromadb takes more than twice as long.
TOOLS := .tools
INSTALLED_TOOLS := $(TOOLS)/.installed
RELEASE_TOOLS := cyclonedx-bom pip-audit

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test browser model check ui screenshots bench fuzz audit release lock clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "paperchat needs Python 3.11 or newer, and '$(PYTHON)' is not one." >&2; \
	    echo "Install it, or name one that you have: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# What pip does is shown to somebody who looks on; a log has the line before it. On stderr, as stdout is what a verb prints.
define INSTALL
@echo "Installing paperchat into $(VENV): a few minutes the first time, from the package registry." >&2
@$(PIP) install $$([ -t 2 ] || echo --quiet) --constraint constraints.txt --editable '$(1)' >&2
endef

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(call INSTALL,.)
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(call INSTALL,.[dev])
	@touch $@ $(INSTALLED)

$(INSTALLED_TOOLS): constraints.txt | $(BIN)/python
	@$(PYTHON) -m venv $(TOOLS)
	@echo "Installing what releases are checked with into $(TOOLS)." >&2
	@$(TOOLS)/bin/python -m pip --disable-pip-version-check install $$([ -t 2 ] || echo --quiet) \
	    --constraint constraints.txt $(RELEASE_TOOLS) >&2
	@touch $@

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

test: check audit browser model ## everything that must pass before a commit: check, then all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope

ui: $(INSTALLED) ## open the web page
	@exec $(BIN)/paperchat ui

screenshots: $(INSTALLED_DEV) browser ## take the pictures of the page that README.md shows
	$(BIN)/python -m tests.support.screenshots docs/screenshots

bench: $(INSTALLED) ## measure ranking, answers, and growth beside plain LlamaIndex and Chroma; PAPERCHAT_SHARED_DATA names the data
	$(BIN)/python -m eval.bench
	$(call INSTALL,.[bench])
	$(BIN)/python -m eval.bench.growth

fuzz: $(INSTALLED_DEV) ## feed every reader of strangers' texts with strange inputs for an hour; FUZZ_SECONDS of a processor is each one's share
	$(call INSTALL,.[fuzz])
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) --out .fuzz

audit: $(INSTALLED_DEV) $(INSTALLED_TOOLS) ## look for known vulnerabilities of the pinned dependencies, and say what could not be looked up
	$(BIN)/python -m tests.support.audit

release: $(INSTALLED_DEV) $(INSTALLED_TOOLS) ## build source distribution and wheel twice, compare them, and list what they install (CycloneDX)
	$(BIN)/python -m tests.support.audit
	$(BIN)/python -m tests.support.release dist

lock: ## resolve every dependency afresh and pin them all in constraints.txt
	@rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip --disable-pip-version-check install --quiet --editable '.[dev,fuzz]' $(RELEASE_TOOLS)
	@{ echo "# Every package of a tested environment, made by 'make lock' on Python $$(.lock/bin/python -c \
	    'import sys; print("%d.%d" % sys.version_info[:2])'). Do not edit."; \
	    .lock/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f; } > constraints.txt
	@rm -rf .lock
	@if grep -nEi '@|://|^-|^(torch|nvidia-)' constraints.txt; then \
	    echo "constraints.txt must hold plain name==version lines only, and no torch: see above" >&2; exit 1; fi

clean: ## remove the environment, the demo's library, caches and builds
	rm -rf $(VENV) $(TOOLS) .lock $(DEMO) .fuzz .bench dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find rag ui eval tests -name __pycache__ -type d -exec rm -rf {} +
