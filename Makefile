# make app   creates the environment, installs what is needed and opens the dashboard
# make test  the same, plus what the tests need, and runs all of them
# make test-ray  the same, plus Ray, and runs the search on a cluster of two nodes
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
ADDRESS ?= 127.0.0.1
NO_VENV = The environment could not be made; on Debian and Ubuntu its module is a package of its own: apt install python3-venv

.PHONY: app test test-ray format clean

app: $(VENV)/.app
	$(BIN)/python serve.py --address $(ADDRESS) --port $(PORT)

test: $(VENV)/.dev
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

test-ray: $(VENV)/.ray
	$(BIN)/python -m pytest tests/core/test_mining_on_ray.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.app: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(NO_VENV)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/.ray: $(VENV)/.dev requirements-ray.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-ray.txt
	touch $@

clean:
	rm -rf $(VENV)
