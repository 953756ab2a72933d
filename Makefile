# Everything runs through uv, which scripts/bootstrap finds or installs into .tools/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check clean

WORKERS ?= logical  # of pytest-xdist: one for each core, at most four
UV = $$(scripts/bootstrap)

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## install what is needed to run and to develop
	@uv=$(UV); "$$uv" sync --locked --quiet || { \
	  echo "setup: uv could not install the locked packages (its reason is above)."; \
	  echo "What to do: check the package index; if pyproject.toml was edited, run '$$uv lock' and commit uv.lock."; \
	  exit 1; } >&2

demo: setup  ## see it work on made-up tickets
	@$(UV) run --no-sync trustladder demo

check: setup  ## lint, format, types, import rules
	@uv=$(UV); run() { "$$uv" run --no-sync "$$@"; }; \
	run ruff check --quiet || { echo "check: 'uv run ruff check --fix' mends some of these." >&2; exit 1; }; \
	run ruff format --check --quiet || { echo "check: run 'uv run ruff format'." >&2; exit 1; }; \
	run mypy --no-error-summary || { echo "check: mend the types above." >&2; exit 1; }; \
	out=$$(run lint-imports --no-cache 2>&1) || { echo "$$out"; \
	  echo "check: an import breaks the rules of the house (pyproject.toml, tool.importlinter)." >&2; exit 1; }; \
	echo "check: lint, format, types and import rules hold"

test: check  ## check, then every test
	@scripts/bootstrap-chromium
	@$(UV) run --no-sync pytest --quiet -n $(strip $(WORKERS)) --maxprocesses 4 --dist loadfile

clean:  ## remove what setup, build and tests made
	@rm -rf .tools .venv dist node_modules src/trustladder/web/assets/vendor test-results \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage*
	@find src tests scripts -name __pycache__ -prune -exec rm -rf {} +
