# The commands of daily work. `make run` and `make test` do all set-up themselves.
#
#   make run      the product on http://127.0.0.1:8000        make check    format, lint, types, layers, templates …
#   make test     the suite on SQLite and on PostgreSQL       make format   put the code into shape
#   make setup    only the set-up: leaves .venv/bin/zhanggui  make lock     lock newer packages
#
# PORT=8001 serves on another port.
# PYTHON=/path/to/python3 picks the Python that the private environment is made from (3.11 or newer).

SHELL := /bin/sh
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)
endif
INSIDE := .venv/bin/python -X utf8
DJANGO := DJANGO_SETTINGS_MODULE=tests.settings ZHANGGUI_DATABASE_URL= $(INSIDE) -m django
WORKERS ?= 2
PORT ?= 8000
TESTS ?= tests
PYTEST := $(INSIDE) -m pytest -p no:cacheprovider -n $(WORKERS) --dist loadfile $(TESTS)

export PYTHONUTF8 := 1
unexport PYTHONPATH PYTHONHOME DJANGO_SETTINGS_MODULE

.PHONY: run setup setup-dev test test-sqlite test-postgres check format lock

run: setup
	@.venv/bin/zhanggui demo --if-empty >/dev/null
	@ZHANGGUI_STARTED_BY=make exec .venv/bin/zhanggui serve --port $(PORT)

setup:
	@$(if $(PYTHON),$(PYTHON),echo "zhanggui: Python 3.11 or newer is needed; none was found" >&2; exit 2;) tools/setup.py

setup-dev:
	@$(if $(PYTHON),$(PYTHON),echo "zhanggui: Python 3.11 or newer is needed; none was found" >&2; exit 2;) tools/setup.py --dev

test: test-sqlite test-postgres

test-sqlite: setup-dev
	@echo "== the suite on SQLite"
	@ZHANGGUI_DATABASE_URL= $(PYTEST)

test-postgres: setup-dev
	@echo "== the suite on PostgreSQL"
	@status=0; $(INSIDE) tools/postgres.py run -- $(PYTEST) || status=$$?; \
	if [ $$status -eq 69 ] && [ "$$CI" != true ]; then \
		echo "!!!"; echo "!!! NOT TESTED ON POSTGRESQL: it cannot be started here (reason above)."; echo "!!!"; \
	else exit $$status; fi

check: setup-dev
	$(INSIDE) -m ruff format --check .
	$(INSIDE) -m ruff check .
	ZHANGGUI_HOME=build/check $(INSIDE) -m mypy
	.venv/bin/lint-imports --no-cache
	$(DJANGO) check --fail-level WARNING
	$(DJANGO) makemigrations --check --dry-run
	$(INSIDE) tools/templates.py
	$(INSIDE) tools/translations.py --check
	$(if $(wildcard tools/clauses.py),$(INSIDE) tools/clauses.py --check)

format: setup-dev
	$(INSIDE) -m ruff check --fix-only .
	$(INSIDE) -m ruff format .

lock:
	@sh tools/lock.sh
