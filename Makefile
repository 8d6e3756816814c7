# make app       creates the environment, installs what is needed and opens the dashboard
# make app CPU=1 the same on Linux without a GPU: 1.5 GB instead of 6
# make test      the same, plus what the tests need, and runs all of them
# make types     only the type check             make lint      only ruff
# make scripts   only the type check of what runs in the browser, where Node and TypeScript can be had
# make coverage  the tests once more, with the share of lines that they run
# make test-ray  the same as make test, plus Ray: the search, and the server's work, on a cluster of two nodes
# make texts     collects what is said to people in assets/languages/*.po, for translators
# make lock      writes requirements*.lock anew from requirements*.txt (needs uv)
# make audit     asks the public list of known faults about everything in the lock (needs the internet)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
ADDRESS ?= 127.0.0.1
CPU ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NO_VENV = The environment could not be made; on Debian and Ubuntu its module is a package of its own: apt install python3-venv
TSC := npm_config_fetch_retries=0 npm_config_fetch_timeout=60000 npx --yes --prefer-offline -p typescript@7.0.2 tsc
# PyTorch's own wheels for the processor need none of the lock's CUDA packages. Only what is used is compiled, when the
# dashboard starts for the first time: a quarter of what the packages hold.
CPU_INSTALL = awk '/^[a-z]/ {skip = /^(cuda-|nvidia-|torch==|torchvision==|triton==)/} !skip' requirements.lock > $(VENV)/cpu.lock \
	&& $(PIP) --no-compile --no-deps --require-hashes -r $(VENV)/cpu.lock \
	&& $(PIP) --no-compile --no-deps --index-url https://download.pytorch.org/whl/cpu $$(grep -E '^torch(vision)?==' requirements.txt)
# Two browsers share two cores with two servers. What failed there has to pass alone; what is wrong fails again.
BROWSER := $(BIN)/python -m pytest tests/browser
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url

.PHONY: app test lint types scripts coverage test-ray format texts lock audit clean

app: $(VENV)/.app
	$(BIN)/python serve.py --address $(ADDRESS) --port $(PORT)

test: $(VENV)/.dev lint types scripts
	@$(BIN)/python -m tests.browser.chromium
	OMP_NUM_THREADS=1 ZFNET_EXPLORER_MEMORY=1G $(BIN)/python -m pytest -n 2 --dist loadfile --durations=10 tests/core tests/ui tests/app
	$(BROWSER) -n 2 --dist loadfile --durations=10 || $(BROWSER) --last-failed --last-failed-no-failures none

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/python -m mypy

scripts:
	@if ! command -v npx >/dev/null; then echo "SKIPPED: the scripts' types are not checked, because there is no Node here."; \
	elif ! $(TSC) --version >/dev/null 2>&1; then echo "SKIPPED: the scripts' types are not checked, because TypeScript is not here and cannot be fetched."; \
	else $(TSC) -p jsconfig.json && echo "Success: no issues found in the browser's scripts"; fi

coverage: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	OMP_NUM_THREADS=1 ZFNET_EXPLORER_MEMORY=1G $(BIN)/python -m coverage run -m pytest -n 2 --dist loadfile tests/core tests/ui tests/app
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --skip-covered --sort=cover

test-ray: $(VENV)/.ray
	$(BIN)/python -m pytest tests/core/test_top_activations_on_ray.py tests/core/test_ray_compute.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

texts: $(VENV)/.dev
	$(BIN)/python -m zfnet_core.texts

lock:
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-dev.txt -o requirements-dev.lock

audit: $(VENV)/.dev
	$(BIN)/python -m pip_audit --require-hashes --disable-pip -r requirements.lock

$(VENV)/.app: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/python3.11.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(NO_VENV)"; exit 1; }
	$(if $(CPU),$(CPU_INSTALL),$(PIP) --require-hashes -r requirements.lock)
	touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.ray: $(VENV)/.dev requirements-ray.txt
	$(PIP) -r requirements-ray.txt
	touch $@

clean:
	rm -rf $(VENV)
