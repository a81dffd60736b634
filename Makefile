# One command a purpose; `make` alone lists them.
PYTHON ?= python3
PROFILE ?= laptop

BIN := .venv/bin
STAMP := .venv/.installed
WORKFLOW := $(BIN)/python -m snakemake --config profile=$(PROFILE)
SHOWN := $(BIN)/python -m cl_utils.study.progress $(WORKFLOW) --quiet rules host reason
# Notebooks that draw, two at a time; the last one comes after them and shows what they drew.
SHOWING = $(shell grep -l "import Gallery" notebooks/*.ipynb)
LAST = $(lastword $(SHOWING))
EXPERIMENTS = $(shell grep -l "from cl_utils.experiments import" notebooks/*.ipynb)
DRAW = $(BIN)/python -m papermill --log-level ERROR --no-progress-bar $(1) "$$0" \
	runs/$(PROFILE)/"$${0\#\#*/}"

.PHONY: help install test check torture reproduce resume figures benchmark notebooks lab clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(STAMP)  ## make .venv with the pinned versions (done only when they changed)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -e '.[dev]' -c constraints.txt
	touch $@

test: $(STAMP)  ## run the tests, then every notebook in its smoke profile
	$(BIN)/python -m pytest

check: $(STAMP)  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

torture: $(STAMP)  ## attack the study from outside for about 20 minutes and count what is lost
	$(BIN)/python tests/torture

# Side by side on all cores, a training runs on one thread: small models gain nothing from more.
reproduce resume figures: export OMP_NUM_THREADS := 1
reproduce: $(STAMP)  ## run a profile, programs to report: make reproduce PROFILE=smoke|laptop|study|paper
	$(SHOWN) --cores all --resources gpu=1 --keep-going --rerun-incomplete
	$(WORKFLOW) --quiet --report runs/$(PROFILE)/report.html
	@echo "Read runs/$(PROFILE)/report.html; figures are in figures/$(PROFILE)."

resume: $(STAMP)  ## go on with a study whose finished runs are committed: make resume PROFILE=study
	$(SHOWN) --cores all --until buckets
	$(BIN)/python -m cl_utils.study.resume $(PROFILE)
	$(SHOWN) --cores all --resources gpu=1 --keep-going --rerun-incomplete --rerun-triggers mtime

figures: $(STAMP)  ## redraw the figures from results/: make figures PROFILE=study
	mkdir -p runs/$(PROFILE)
	echo $(filter-out $(LAST),$(SHOWING)) | xargs -n 1 -P 2 sh -c '$(call DRAW,-f params/$(PROFILE).yaml)'
	echo $(EXPERIMENTS) | xargs -n 1 -P 2 sh -c '$(DRAW)' & \
	echo $(LAST) | xargs -n 1 sh -c '$(call DRAW,-f params/$(PROFILE).yaml)' && wait $$!
	$(BIN)/python -m benchmarks --redraw

benchmark: $(STAMP)  ## measure speed as ratios: make benchmark, or ONLY="generation memory"
	$(BIN)/python -m benchmarks $(ONLY)

notebooks: export OMP_NUM_THREADS := 1
notebooks: $(STAMP)  ## run the notebooks and store the outputs that the tests compare
	$(BIN)/python tools/refresh_notebooks.py

lab: $(STAMP)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

clean:  ## remove caches; runs/, results/ and .venv stay
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache build *.egg-info
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d \
		-exec rm -rf {} +
