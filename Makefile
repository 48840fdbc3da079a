# Two commands on a fresh machine with Python 3.11 or newer:
#
#   make serve    installs into .venv and answers on http://127.0.0.1:8080
#   make test     installs into .venv and runs the tests

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
HOST ?= 127.0.0.1
PORT ?= 8080
export EXPOSURE_DATA ?= $(CURDIR)/var

.PHONY: serve test check format clean

serve: $(INSTALLED)
	@$(BIN)/exposure serve --host $(HOST) --port $(PORT)

# Tests bring their own data folder; a setting of this shell must not change what they see.
test: $(INSTALLED)
	@echo "Running the tests"
	@env -u EXPOSURE_DATA $(BIN)/python -m pytest -q -m "not slow"

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	env -u EXPOSURE_DATA $(BIN)/python -m pytest -q

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say 'make PYTHON=/path/to/python'"; exit 2; }
	@echo "Installing into $(VENV) with $(PYTHON) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
