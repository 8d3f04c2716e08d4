# `make demo` and `make test` are all a newcomer needs; each sets everything up first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all hub check format demo-model lock bench-translate bench-memory bench-build bench-versions bench-census bench-publish bench-prefect clean

demo: .venv/ready  ## translate the sample corpus into a release
	$(BIN)/babelmill build xmind-sample

test: .venv/ready  ## the tests that take seconds
	$(BIN)/python -m pytest -m "not slow"

test-all: .venv/ready  ## and those that take minutes
	$(BIN)/python -m pytest

hub: .venv/ready  ## a Hub on this machine to publish to by hand; PORT=8000 RECORDS=file.json
	$(BIN)/python -m tests.hub --port $(or $(PORT),0) $(if $(RECORDS),--records $(RECORDS))

check: .venv/ready  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo-model: .venv/models  ## train the demo model again, some minutes on two cores
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m data.demo.train  # else two threads spin when a core is taken

lock:  ## write deploy/lock.txt anew from pyproject.toml, in an environment of its own
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/pip install -q ".[dev]"
	(echo "# All that is installed, written by make lock."; build/lock/bin/pip freeze --exclude babelmill) > deploy/lock.txt

bench-translate: .venv/models  ## a build beside CTranslate2 and transformers, on a model of NLLB's shape; SHAPE=opus ROWS=20000
	$(BIN)/python -m tests.bench.measure_translate --shape $(or $(SHAPE),nllb) --rows $(or $(ROWS),1500) --json build/bench-translate.json

bench-memory: .venv/ready  ## how the memory grows up to 10 million rows: ten minutes, 4 GB of disk
	$(BIN)/python -m tests.bench.measure_memory --json build/bench-memory.json

bench-publish: .venv/ready  ## every fault at every request of a publication, two publishers at once, kill -9: ten minutes
	$(BIN)/python -m tests.bench.publish_faults

bench-build: .venv/ready  ## rows a second and peak memory of everything but the model: five minutes
	$(BIN)/python -m tests.bench.measure_build --rows 100000 --duplicates 0.3 --change 0.01
	$(BIN)/python -m tests.bench.measure_build --rows 100000 --duplicates 0.3 --change 0.01 --checks on
	$(BIN)/python -m tests.bench.measure_build --rows 1000000 --duplicates 0.3 --change 0.01

bench-versions: .venv/ready  ## how much of a new version a store with deduplication holds already: ten minutes, 10 GB of disk
	$(BIN)/python -m tests.bench.measure_versions --json build/bench-versions.json

bench-census: .venv/ready  ## a census of 100,000 made-up datasets: a minute
	$(BIN)/python -m tests.bench.measure_census --json build/bench-census.json

bench-prefect: .venv/ready  ## what Prefect adds to a build, what answers without sign-in, where secrets turn up, what a kill leaves: an hour
	$(BIN)/python -m tests.bench.measure_prefect
	$(BIN)/python -m tests.bench.prefect_routes
	$(BIN)/python -m tests.bench.prefect_canary
	$(BIN)/python -m tests.bench.prefect_faults

clean:  ## remove what make and the demo made, the warehouse included
	rm -rf .venv build dist data/warehouse .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: pyproject.toml deploy/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Babelmill needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r deploy/lock.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/models: .venv/ready deploy/lock-models.txt
	$(BIN)/pip install -q --disable-pip-version-check -c deploy/lock.txt -r deploy/lock-models.txt
	@touch $@
