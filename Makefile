# Everything a person does with this repository. Needs make and python3 >= 3.11, nothing else.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export DEMO := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check chaos crawl bench handbook lint types layers migrations fmt venv venv-dev

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: venv ## run the whole shop in this terminal: web, worker, sandbox gateway
	@$(PY) manage.py demo

test: venv-dev ## run the whole suite on SQLite, then on a real PostgreSQL
	@$(PY) -m tests.run

check: lint types layers migrations test ## all that CI runs, in the same order

chaos: venv-dev ## the long proofs on PostgreSQL: races, crash points, lying gateway
	$(PY) -m pytest --postgres -m chaos

crawl: venv-dev ## every page as every role in Chromium; its pictures lie in var/screens
	$(PY) -m pytest --postgres -m crawl -n auto --dist worksteal tests/browser

bench: venv-dev ## the measurements of bench/
	@$(PY) -m bench

handbook: venv-dev ## take the pictures of docs/handbook anew, from a demo shop in Chromium
	$(PY) -m tests.browser.handbook

lint: venv-dev ## code, format, templates, spelling
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	@find templates */templates -name '*.html' 2>/dev/null | sort -u | xargs -r $(VENV)/bin/djade --check --target-version 5.2
	$(VENV)/bin/typos

types: venv-dev ## mypy, strict
	$(PY) -m mypy

layers: venv-dev ## who may import whom
	$(VENV)/bin/lint-imports

migrations: venv-dev ## every model change has its migration
	$(PY) manage.py makemigrations --check --dry-run

fmt: venv-dev ## put code and templates into shape
	$(PY) -m ruff check --fix-only --quiet
	$(PY) -m ruff format
	@find templates */templates -name '*.html' 2>/dev/null | sort -u | xargs -r $(VENV)/bin/djade --target-version 5.2

venv:
	@$(call install,requirements.txt)

venv-dev:
	@$(call install,requirements.txt requirements-dev.txt)

# $(call install,FILES): make .venv hold what the FILES pin. A copy of what was installed last lies inside .venv, so a
# second start compares two texts and is done. tuanpu.pth lets every program of .venv (pytest) import the project.
define install
set -e; \
if $(PY) -c '' 2>/dev/null && cat $(1) | cmp -s - $(VENV)/installed-$(lastword $(1)); then exit 0; fi; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Python 3.11 or newer is needed, but $(PYTHON) is: $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }; \
if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. Mend it with: apt install python3-venv" >&2; exit 1; }; \
	echo "Making $(VENV) ..."; \
	$(PYTHON) -m venv --clear $(VENV); \
fi; \
echo "Installing $(lastword $(1)) ..."; \
rm -f $(VENV)/installed-*; \
$(PY) -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$(1)); \
pwd > $$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tuanpu.pth; \
cat $(firstword $(1)) > $(VENV)/installed-$(firstword $(1)); \
cat $(1) > $(VENV)/installed-$(lastword $(1))
endef
