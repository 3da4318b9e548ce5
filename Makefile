# Two commands do everything: `make demo` runs the main job on the seeds, `make test` passes the tests.
# Each makes its own environment in .venv first; no other set-up is needed than Python 3.11 to 3.14.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DATA   ?= ../shared/data
N      ?= 20000

.PHONY: setup demo test test-slow lint format evaluate bench clean

setup: $(STAMP)

$(STAMP): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
	  { echo "news-dedup needs Python 3.11 to 3.14; name one with: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[html,feeds,warc,zstd,parquet,serve,scrapy,postgres,redis,test]'
	@echo "Compiling the kernels, once ..."
	@$(BIN)/dedup run seeds/ --json $(VENV)/warm.jsonl 2>/dev/null
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/dedup run seeds/ -o build/report
	@echo "Open build/report/index.html in a browser."

test: $(STAMP)
	$(BIN)/ruff check dedup tests training benchmarks
	$(BIN)/mypy
	$(BIN)/pytest -m "not slow" -n 2

test-slow: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test-slow]'
	$(BIN)/pytest -m slow

lint: $(STAMP)
	$(BIN)/ruff check dedup tests training benchmarks
	$(BIN)/mypy

evaluate: $(STAMP)
	$(BIN)/python -m benchmarks.evaluate_all $(DATA)

bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m benchmarks.run $(DATA) --articles $(N)

clean:
	rm -rf $(VENV) build dist *.egg-info
