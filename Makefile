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
	@uv=$(UV); failed=0; \
	gate() { "$$uv" run --no-sync "$${@:2}" || { echo "check: $$1" >&2; failed=1; }; }; \
	gate "lint: 'uv run ruff check --fix' mends some of the above." ruff check --quiet; \
	gate "format: run 'uv run ruff format'." ruff format --check --quiet; \
	gate "types: mend the above." mypy --no-error-summary; \
	imports=$$("$$uv" run --no-sync lint-imports --no-cache --no-logo 2>&1) || { printf '%s\n' "$$imports" >&2; \
	  echo "check: imports: the broken contract above is in pyproject.toml, tool.importlinter." >&2; failed=1; }; \
	[ $$failed = 0 ] && echo "check: lint, format, types and import rules hold"

test: check  ## check, then every test
	@scripts/bootstrap-chromium
	@$(UV) run --no-sync pytest --quiet -n $(strip $(WORKERS)) --maxprocesses 4 --dist loadfile

clean:  ## remove what setup, build and tests made
	@rm -rf .tools .venv dist node_modules src/trustladder/web/assets/vendor test-results \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage*
	@find src tests scripts -name __pycache__ -prune -exec rm -rf {} +
