# Two commands on a fresh machine with Python 3.11 or newer:
#
#   make serve    installs into .venv and answers on http://127.0.0.1:8080
#   make test     installs into .venv and runs the tests
#
#   make bench    installs into .venv-bench with the peers and measures; BENCH="--all" for everything

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
HOST ?= 127.0.0.1
PORT ?= 8080
# The tests of one file stay in one process, which keeps what they share; a server for each would not.
PYTEST := -q --numprocesses logical --maxprocesses 4 --dist loadfile
export EXPOSURE_DATA ?= $(CURDIR)/var

BENCH_VENV := .venv-bench
BENCH_INSTALLED := $(BENCH_VENV)/.installed
BENCH ?=

LOCKING := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: serve test check format lock release bench clean

serve: $(INSTALLED)
	@$(BIN)/exposure serve --host $(HOST) --port $(PORT)

# Tests bring their own data folder; a setting of this shell must not change what they see.
test: $(INSTALLED)
	@echo "Running the tests"
	@env -u EXPOSURE_DATA $(BIN)/python -m pytest $(PYTEST) -m "not slow"

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	env -u EXPOSURE_DATA $(BIN)/python -m pytest $(PYTEST)

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The packages of the image with the digests of their files; for the Python of the Dockerfile. UPGRADE=1 for newer ones.
lock: $(INSTALLED)
	$(LOCKING) $(if $(UPGRADE),--upgrade) --extra postgres --extra queue -o deploy/requirements.txt pyproject.toml
	$(LOCKING) $(if $(UPGRADE),--upgrade) --only-build-deps --build-deps-for wheel -o deploy/build-requirements.txt pyproject.toml

# The wheel, the bill of materials of the image that holds it, and the digests of both.
release: $(INSTALLED)
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible deploy/requirements.txt -o dist/sbom.cdx.json
	cd dist && sha256sum * > SHA256SUMS

# uv finds in seconds what pip, walking back through the versions of S3 libraries, finds in half an hour; pip, which may
# know an index of its own, follows where uv finds none.
$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say 'make PYTHON=/path/to/python'"; exit 2; }
	@echo "Installing into $(VENV) with $(PYTHON) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[cluster]' --group dev || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cluster]' --group dev
	@touch $@

bench: $(BENCH_INSTALLED)
	@$(BENCH_VENV)/bin/python benchmarks/run.py $(BENCH)

# The peers are no dependency of ours. One of them builds PyICU, which needs a C++ compiler and the ICU headers.
$(BENCH_INSTALLED): pyproject.toml benchmarks/peers.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say 'make PYTHON=/path/to/python'"; exit 2; }
	@echo "Installing into $(BENCH_VENV) with $(PYTHON) (a few minutes, once)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable . pyyaml
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt || \
		echo "nomenklatura did not install: PyICU needs a C++ compiler and the ICU headers. The other engines are measured."
	@touch $@

clean:
	rm -rf $(BENCH_VENV) $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
