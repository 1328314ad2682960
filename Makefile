# The handful of verbs. Each one does the set-up it needs, so a fresh clone may start with any.
# Written for GNU make 3.81, the one that macOS ships.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache

# The first interpreter that starts and is recent enough (PYTHON=… chooses another).
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev
UV_STAMP := $(VENV)/.stamp-uv
SLACK_STAMP := $(CACHE)/local-slack/.stamp
SOURCES := bot tests $(wildcard bench)

.PHONY: help setup dev demo run test faults fuzz check format bench lock clean

help:
	@echo "make setup   install what the bot needs into $(VENV)"
	@echo "make demo    play a crisis in a local Slack, in the browser"
	@echo "make run     start the bot with the settings of .env"
	@echo "make test    run every test, the browser's included"
	@echo "make faults  play nights on which everything breaks (SEED=1 MINUTES=5), then break each call in turn"
	@echo "make fuzz    fire at the parsers, guided by coverage (SEED=1 MINUTES=5)"
	@echo "make check   formatting, lint and types"
	@echo "make format  rewrite the code in the house's format"
	@echo "make bench   measure"
	@echo "make lock    pin the requirements again (UPGRADE=--upgrade takes newer versions)"
	@echo "make clean   remove what these verbs made; your data folder stays"

setup: $(RUN_STAMP)
	@echo "Ready: $(BIN)/tocsin"

dev: $(DEV_STAMP)

demo: $(RUN_STAMP) $(SLACK_STAMP)
	$(BIN)/tocsin demo $(ARGS)

run: $(RUN_STAMP)
	$(BIN)/tocsin serve

# Without a browser the tests that need one fail and say so; the others still run.  The byte code
# serves the many processes that the tests start; the order of the files is that of tests/conftest.py.
test: $(DEV_STAMP) $(SLACK_STAMP)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q bot tests
	@chromium=`$(BIN)/python tests/browser/install_chromium.py` || true; \
	TOCSIN_CHROMIUM="$$chromium" $(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

SEED ?= 1
MINUTES ?= 5
faults: $(DEV_STAMP)
	$(BIN)/python -m tests.faults.campaign --seed $(SEED) --minutes $(MINUTES) --sweep

fuzz: $(DEV_STAMP)
	$(BIN)/python -m tests.fuzz.run --seed $(SEED) --minutes $(MINUTES)

check: $(DEV_STAMP)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy $(SOURCES)

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(DEV_STAMP)
	$(BIN)/python -m bench $(ARGS)

# ---- set-up ---------------------------------------------------------------------------------

# uv installs in a tenth of pip's time but does not read pip.conf, where a hospital names its mirror:
# with a mirror, or when uv cannot, pip does it.  Either way nothing enters without its hash.
# Byte code is compiled here because some machines forbid it later, and a start costs twice as much.
define install
	@if [ -x $(BIN)/uv ] \
	   && ! $(BIN)/python -m pip config list | grep -Eq "[.](index-url|no-index)=" \
	   && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r $(1); \
	then :; \
	else echo "pip: $(1)"; $(BIN)/python -m pip install --quiet --require-hashes --compile -r $(1); fi
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q bot
endef

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Tocsin demande Python 3.11 ou plus récent. Installez-le, puis relancez la commande." >&2; \
	  echo "Tocsin needs Python 3.11 or newer. Install it, then run the command again." >&2; exit 1; fi
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Il manque le module venv de Python (Debian, Ubuntu : apt-get install python3-venv)." >&2; \
	  echo "Python's venv module is missing (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "$(VENV): $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV)

$(UV_STAMP): requirements-uv.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.txt 2>/dev/null \
	  || echo "uv: not available here, pip takes over"
	@touch $@

$(RUN_STAMP): requirements.txt pyproject.toml $(UV_STAMP)
	$(call install,requirements.txt)
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(call install,requirements-dev.txt)
	@touch $@

# The local Slack of the demo and of the browser tests: a binary pinned by its hash.
$(SLACK_STAMP): bot/demo/local_slack/package.json bot/demo/local_slack/package-lock.json
	@command -v npm >/dev/null 2>&1 || { \
	  echo "Il manque npm (Node.js), qui apporte le Slack local de la démonstration." >&2; \
	  echo "npm (Node.js) is missing: it brings the local Slack of the demo." >&2; exit 1; }
	@mkdir -p $(@D)
	@cp bot/demo/local_slack/package.json bot/demo/local_slack/package-lock.json $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@ls $(@D)/node_modules/local-slack-*/bin/local-slack >/dev/null 2>&1 \
	  || echo "The local Slack has no binary for this machine (Linux on x86-64 only)." >&2
	@touch $@

# ---- pins -----------------------------------------------------------------------------------

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(UPGRADE)

# The back end of the editable installation is pinned too: it must not be fetched on the way.
BACKEND = printf 'hatchling\neditables\n'

lock: $(UV_STAMP)
	$(BACKEND) | $(COMPILE) pyproject.toml - --output-file requirements.txt
	$(BACKEND) | $(COMPILE) pyproject.toml - --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	printf 'uv\n' | $(COMPILE) - --output-file requirements-uv.txt

clean:
	rm -rf $(VENV) $(CACHE) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find bot tests -name __pycache__ -type d -prune -exec rm -rf {} +
