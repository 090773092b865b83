# Inkling needs Python 3.11 or newer and make; everything else is fetched into .venv.
# The tests also need Node (the page's types and unit tests), Chromium (the end-to-end tests), nginx
# and openssl (servers behind a proxy), and curl (the guide to the API).

VENV := .venv
BIN := $(VENV)/bin
TYPESCRIPT := 5.9.3
AXE := 4.14.1
# Processes of tests. A third, with a browser of its own, takes slow cores longer and makes tests
# with a time limit fail.
JOBS ?= 2
# What alone must reach every branch of the rules; the searches for broken invariants come on top.
RULES := $(filter-out %_invariants.py,$(wildcard tests/game/test_*.py))
PYTEST := $(BIN)/python -m pytest

# Some images forbid it, and then each of the many servers and workers of the tests would have to
# compile its modules anew.
export PYTHONDONTWRITEBYTECODE :=

# The first Python on the PATH that is new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup play test check coverage bench torch train clean
.PHONY: lint types page rules games

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PORT=9000 make play   and every other setting: $(BIN)/python -m server --help"

setup: $(VENV)/.ready ## Fetch what the game needs (play does this by itself)

play: $(VENV)/.ready ## Run the game and print its address
	@DATA_DIR="$${DATA_DIR:-.data}" exec $(BIN)/python -m server

test: $(VENV)/.ready-dev $(VENV)/.ready-node ## Run every check and every test
	@$(MAKE) --no-print-directory --jobs=2 lint types page rules
	@$(MAKE) --no-print-directory games

check: lint types page ## Lint, types, and the page's unit tests

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

page: $(VENV)/.ready-node
	$(VENV)/node/node_modules/.bin/tsc --project web/jsconfig.json
	node --test $$(find tests/web -name '*.test.js')

rules: $(VENV)/.ready-dev
	$(PYTEST) --cov=game --cov-fail-under=100 $(RULES)

games: $(VENV)/.ready-dev
	$(PYTEST) --numprocesses $(JOBS) --dist loadfile $(RULES:%=--ignore=%)

coverage: $(VENV)/.ready-dev ## Run every test and say which lines none of them reaches
	$(PYTEST) --numprocesses $(JOBS) --dist loadfile --cov

bench: $(VENV)/.ready-dev ## Run the benchmarks, one after another
	@for bench in tests/bench/[a-z]*.py; do \
		$(BIN)/python -m "tests.bench.$$(basename "$$bench" .py)" || exit 1; done

torch: $(VENV)/.ready-torch ## Fetch PyTorch as well: to train, or to judge on a GPU

train: $(VENV)/.ready-torch ## Train a network of one's own: make train ARGS='--help'
	$(BIN)/python -m ml.train $(ARGS)

clean: ## Remove what was fetched and cached, not the players' data
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Inkling needs Python 3.11 or newer, and there is none on the" \
		"PATH. Install one, or name it: make PYTHON=/path/to/python3.11 play" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older" \
		"than 3.11. Name a newer one: make PYTHON=/path/to/python3.11 play" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python could not make $(VENV). On Debian" \
		"and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# To play on a CPU takes no PyTorch, which on Linux may be some gigabytes.
$(VENV)/.ready: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Fetching what the game needs into $(VENV); the first time takes a minute."
	@$(BIN)/python server/deploy/without_torch.py > $(VENV)/wanted.txt
	@$(PIP) --requirement $(VENV)/wanted.txt
	@$(PIP) --no-deps --editable .
	@touch $@

# torch goes first and exact, so that nothing else chooses another build of it; transformers with
# it, or pip would complain that the game is there without. Python compiles what is imported; pip
# would compile all of it, which takes as long as fetching.
$(VENV)/.ready-torch: $(VENV)/.ready
	@echo "Fetching PyTorch and what training needs into $(VENV); this takes some minutes."
	@$(PIP) --no-compile $$(grep -E '^(torch|transformers)==' constraints.txt)
	@$(PIP) --no-compile --editable '.[train]'
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready-torch
	@echo "Fetching what the tests need into $(VENV)."
	@$(PIP) --no-compile --editable '.[dev]'
	@touch $@

$(VENV)/.ready-node: Makefile | $(BIN)/python
	@command -v npm >/dev/null || { echo "The checks need Node 20 or newer with npm, and there is" \
		"none on the PATH. On Debian and Ubuntu: apt-get install nodejs npm" >&2; exit 1; }
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/node typescript@$(TYPESCRIPT) axe-core@$(AXE)
	@touch $@
