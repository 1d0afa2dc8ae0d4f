# Every target works from a fresh clone; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest -q -n 4 --dist worksteal

.PHONY: help setup programs demo test fuzz lint bench soak mutants reference pins clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):[^#]*## /  \1\t/' | expand -t 12

setup: ## create .venv, obtain OPA, check bubblewrap
	@bash tools/setup.sh

programs: setup ## obtain what only tests need: Debian packages, an S3 server
	@bash tools/setup_tests.sh

demo: setup ## compile, sign, serve, decide, sandbox, audit: the whole thread on one screen
	@$(PYTHON) tools/demo.py

lint: setup ## ruff and mypy
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

test: lint programs ## lint, types, and every test
	@$(PYTEST)

fuzz: programs ## the generated tests ten times over from a new seed, with the number of comparisons
	@WILK_FUZZ=10 WILK_SEED=$${WILK_SEED:-new} $(PYTEST) tests/property

bench: setup ## every published number, side by side with its floor
	@$(PYTHON) benchmarks/run.py

soak: setup ## WILK_SOAK_MINUTES (30) of asking, WILK_SOAK_RECORDS verified, a report, 200 writers killed; memory must not grow
	@$(PYTHON) benchmarks/soaking.py
	@$(PYTHON) benchmarks/verifying.py
	@$(PYTHON) benchmarks/reporting.py
	@WILK_KILLS=200 $(PYTHON) -m pytest -q -n 0 tests/integration/audit/test_audit_kill.py

mutants: programs ## plant deliberate faults, one at a time; the tests must find each
	@$(PYTHON) tools/mutants.py

reference: setup ## write docs/reference from the registries
	@$(PYTHON) tools/reference.py

COMPILE_PINS := $(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

pins: setup ## renew requirements/*.txt from pyproject.toml (needs pip-tools)
	@$(COMPILE_PINS) --extra dev --extra authzen -o requirements/dev.txt pyproject.toml requirements/dev.in
	@$(COMPILE_PINS) -c requirements/dev.txt -o requirements/run.txt pyproject.toml \
		requirements/run.in

clean: ## remove what set-up and tests made inside the project
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build wilkc.egg-info
	@find bundles -mindepth 1 -not -name README.md -delete
