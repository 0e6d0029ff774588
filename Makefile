# make dev    a virtual environment in .venv with everything a developer needs
# make demo   the nightly DAG, in a real Airflow, against a pretend Procore and Xero
# make up     the page in a real Airflow, on a pretend Procore and Xero, for people in three roles
# make test   every test
# make check  style, types, Airflow 3 names, and what is in the wheel
# make guards take each guard away and see its tests fail, an hour and a half
# make matrix tests/compat under every Airflow and Python supported, some minutes each the first time
#
# All that is needed is Python 3.11 or later with venv, make, and a package index.
# A Python of your own choice: make dev PYTHON=/path/to/python3.12

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := dev

VENV := .venv
RUN := $(VENV)/bin/python
# Two processes, each with whole files, what a file prepares is prepared once; the long ones come early.
PYTEST_ARGS ?= --numprocesses 2 --dist loadfile --no-loadscope-reorder

PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: dev demo up test check guards matrix constraints clean bench

dev: $(VENV)/.installed

# The stamp makes a second call quick; a changed dependency installs again.
$(VENV)/.installed: setup.cfg constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "make: no Python 3.11 or later with venv was found." >&2; \
		echo "make: on Debian or Ubuntu: sudo apt-get install python3 python3-venv" >&2; \
		exit 1; \
	fi
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing into $(VENV), which takes about a minute"
	@$(RUN) -m pip install --quiet --constraint constraints.txt --editable '.[test,dev,postgres]'
	@touch $@

demo: dev
	@$(RUN) -m dev.demo $(DEMO_ARGS)

up: dev
	@$(RUN) -m dev.up $(UP_ARGS)

# Tests on PostgreSQL run where PROCORE_XERO_TEST_POSTGRES names a database, or where one that
# asks for no password answers on this machine (dev/postgres.py); else they skip and say so.
test: dev
	@export PROCORE_XERO_TEST_POSTGRES="$${PROCORE_XERO_TEST_POSTGRES:-$$($(RUN) -m dev.postgres)}"; \
	$(RUN) -m pytest $(PYTEST_ARGS)

check: dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check --preview --select AIR .
	$(RUN) -m mypy
	$(RUN) -m pytest --quiet tests/test_house.py -k wheel

# A Python that is not on the path: make matrix MATRIX_ARGS="--python /path/to/python3.13"
matrix: dev
	@$(RUN) -m dev.matrix $(MATRIX_ARGS)

# What guards there are, and their tests: dev/guards/; GUARDS_ARGS="--only limits" for some of them.
guards: dev
	@export PROCORE_XERO_TEST_POSTGRES="$${PROCORE_XERO_TEST_POSTGRES:-$$($(RUN) -m dev.postgres)}"; \
	$(RUN) -m dev.guards $(GUARDS_ARGS)

# Ratios beside a floor, in about ten minutes; BENCH_ARGS="--only B13" for one of them.
bench: dev
	@$(RUN) -m benchmarks $(BENCH_ARGS)

# Resolve the newest versions anew and write them down; run the tests before committing the result.
constraints:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --editable '.[test,dev,postgres]'
	$(RUN) -m pip check
	{ sed -n '/^#/p' constraints.txt; \
	  $(RUN) -m pip freeze --exclude-editable --all | grep -vE '^(pip|wheel)=='; } > constraints.new
	mv constraints.new constraints.txt
	touch $(VENV)/.installed

clean:
	rm -rf $(VENV) .demo .up .matrix build dist *.egg-info
