# Everything runs in .venv; `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := $(VENV)/.docs
SPHINX := $(BIN)/python -m sphinx -q -W --keep-going -b html -c docs -E -j auto

.DEFAULT_GOAL := help
.PHONY: help run compile test lint check lab notebooks docs docs-quick browser golden rows facts sources sensitivity verify-network verify-network-short verify-rpc verify-kills verify-formats coverage without-fma fuzz ablations random-scenarios bench lowest newest

help:  ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

run: $(STAMP)  ## run the study path-and-cache: table, figure, report (a few minutes; compiles the model first where it can)
	@[ -n "$$ANYWHERE_SIM_PURE" ] || $(BIN)/python -m anywhere_sim.compiled || echo "The model runs in Python: longer, with the same tables."
	$(BIN)/anywhere-sim study path-and-cache

compile: $(STAMP)  ## compile the rooms of the model with mypyc (minutes; needs a C compiler); later runs use it
	$(BIN)/python -m anywhere_sim.compiled

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest -n auto

lint: $(STAMP)  ## ruff, mypy and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## lint and test

lab: $(STAMP)  ## open the lessons in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks

notebooks: $(STAMP)  ## run every lesson from top to bottom; print seconds and memory
	$(BIN)/python -m tests.notebooks.execute

$(DOCS): $(STAMP) requirements-docs.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements-docs.lock
	@touch $(DOCS)

docs: $(DOCS)  ## the site in site/: lessons executed (kept until the model changes), how-tos, reference; its links are followed
	$(SPHINX) -d build/doctrees . build/site
	rm -rf site && mv build/site site
	$(BIN)/python -m tests.site site

docs-quick: $(DOCS)  ## the same without executing the lessons, in seconds: to write pages by
	$(SPHINX) -d build/doctrees-quick -D nb_execution_mode=off . build/site
	rm -rf site && mv build/site site
	$(BIN)/python -m tests.site site

browser: $(STAMP)  ## all lessons in a real JupyterLab, and the pages of site/ if it is built, in a real browser (needs chromium)
	$(BIN)/python -m tests.notebooks.browser results/browser --all

golden: $(STAMP)  ## rewrite the golden numbers, after a change that is meant
	$(BIN)/python tests/golden/refresh.py

rows: $(STAMP)  ## write the classes of the tables' rows, after a change of the schema
	$(BIN)/python tests/traces/rows_source.py

sensitivity: $(STAMP)  ## sensitivity analyses of the shipped study (three quarters of an hour); stores the tables
	rm -rf results/path-and-cache-sensitivity results/path-and-cache-space
	$(BIN)/anywhere-sim sensitivity path-and-cache
	cp results/path-and-cache-sensitivity/sensitivity.csv data/reference/sensitivity.csv
	$(BIN)/anywhere-sim sensitivity path-and-cache --space
	cp results/path-and-cache-space/parameter_space.csv data/reference/parameter_space.csv
	cp results/path-and-cache-space/parameter_space.md docs/parameter-space.md
	cp results/path-and-cache-space/parameter_space.png docs/parameter-space.png

facts: $(STAMP)  ## print the model against published figures, and keep the table
	$(BIN)/anywhere-sim facts --out data/reference/facts.csv

sources: $(STAMP)  ## write docs/sources.md from data/reference/sources.toml
	$(BIN)/anywhere-sim sources > docs/sources.md

verify-network: $(STAMP)  ## the model against this machine's TCP and TLS, over emulated links (root on Linux; a few minutes)
	$(BIN)/python -m verification --keep

verify-network-short: $(STAMP)  ## less of it, once, in about a minute: judged are bytes, and that nothing fails
	$(BIN)/python -m verification --short

verify-rpc: $(STAMP)  ## RPC connections stage by stage against Samba's, and against what real servers did (root on Linux, with samba; seconds)
	$(BIN)/python -m verification.rpc --keep

verify-kills: $(STAMP)  ## kill a study 225 times and compare its bytes with those of an uninterrupted one (a quarter of an hour)
	$(BIN)/python -m tests.experiments.kills

verify-formats: $(STAMP)  ## files for other tools, read by these: tshark, lnav, promtool where installed; 10,000 changed files per format
	$(BIN)/python -m pytest -o addopts= -q -rs tests/formats tests/packets
	$(BIN)/python -m tests.fuzz.formats

coverage: $(STAMP)  ## see how often the intervals hold the truth, against the length of the run
	$(BIN)/python -m tests.analysis.interval_coverage

without-fma: $(STAMP)  ## the shipped scenarios without fused multiply-add, beside this processor (two minutes)
	$(BIN)/python -m tests.golden.without_fma

fuzz: $(STAMP)  ## 100,000 hostile inputs, 10,000 recordings, 500 small runs and more (six minutes)
	$(BIN)/python -m tests.fuzz --keep

ablations: $(STAMP)  ## switch every mechanism off and see its test turn red (a few minutes)
	$(BIN)/python -m tests.mechanisms.ablate
	$(BIN)/python -m pytest -n auto -m long

random-scenarios: $(STAMP)  ## run 500 random scenarios and audit each; keep what was drawn (some ten minutes)
	$(BIN)/python -m tests.properties.random_scenarios

bench: $(STAMP)  ## speeds, memory and scale against their goals (about a quarter of an hour)
	$(BIN)/python -m benchmarks

lowest: $(STAMP)  ## the core of the tests with the lowest versions that pyproject.toml allows (installs them; some five minutes)
	$(BIN)/python -m tests.versions lowest $(PYTHON)

newest: $(STAMP)  ## the same with the newest
	$(BIN)/python -m tests.versions newest $(PYTHON)
