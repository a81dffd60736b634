# One command a purpose; `make` alone lists them.
PYTHON ?= python3
PROFILE ?= laptop

# What a user wrote reaches the shell as the value of a variable, never as a text that it executes.
override PROFILE := $(value PROFILE)
override ONLY := $(value ONLY)
export PROFILE ONLY

BIN := .venv/bin
FITS := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
STAMP := .venv/.installed
SITE_STAMP := .venv/.installed-site
# In the place of the shell, so that whatever ends make ends the work as well.
WORKFLOW := exec $(BIN)/python -m cl_utils.workflow

# A word that is no command, and a variable that nobody reads, end make before anything has begun:
# `make reproduce smoke` would train another profile for an hour.
COMMANDS := help install test check torture reproduce resume figures report benchmark notebooks \
	site lab clean
VARIABLES := PYTHON OMP_NUM_THREADS OMP_WAIT_POLICY PYTHON_CPU_COUNT CURRICULUM_HOME
STRANGE := $(filter-out $(COMMANDS) .venv/%,$(MAKECMDGOALS))
ifneq ($(STRANGE),)
$(error There is no such command: make alone lists them, and a profile is named as in: \
	make reproduce PROFILE=smoke)
endif
UNREAD := $(foreach each,$(.VARIABLES),$(if $(filter command,$(origin $(each))),$(each)))
ifneq ($(filter-out $(VARIABLES) PIP_% MAKE%,$(UNREAD)),)
$(error Nothing reads one of these variables: write PROFILE=... or ONLY=..., and parameters \
	into the file of the profile in params/)
endif

.PHONY: $(COMMANDS)

help:  ## list the commands
	@echo "make COMMAND, or make COMMAND PROFILE=a file of params/ (without it: $$PROFILE)"; echo
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(STAMP)  ## make .venv with the pinned versions (done only when they changed)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) $(FITS) || { echo "Python 3.11 or newer is needed. Name one that is installed," \
		"as in: make install PYTHON=python3.12" >&2; exit 1; }
	@# One of a Python that is too old or gone is made again from nothing: pip cannot mend it.
	$(PYTHON) -m venv $$($(BIN)/python $(FITS) 2>/dev/null || echo --clear) .venv
	$(BIN)/python -m pip install -e '.[dev]' -c constraints.txt || { echo "Nothing is" \
		"installed; docs/faq.md says what may be wrong. Then the same command goes on." >&2; exit 1; }
	touch $@

test: export OMP_NUM_THREADS := 1
test: $(STAMP)  ## run the tests and every notebook, on up to four cores
	$(BIN)/python -m pytest -n logical --maxprocesses 4

check: $(STAMP)  ## lint, formatting, types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

torture: $(STAMP)  ## attack the study from outside for about 20 minutes and count what is lost
	$(BIN)/python tests/torture

reproduce: $(STAMP)  ## run a profile, programs to report: make reproduce PROFILE=smoke|laptop|study|paper
	@$(WORKFLOW) reproduce "$$PROFILE"

resume: $(STAMP)  ## go on with a study whose finished runs are committed: make resume PROFILE=study
	@$(WORKFLOW) resume "$$PROFILE"

figures: $(STAMP)  ## redraw the figures from results/: make figures PROFILE=study
	@$(WORKFLOW) figures "$$PROFILE"

report: $(STAMP)  ## one HTML page of what has results: make report PROFILE=study
	@$(WORKFLOW) report "$$PROFILE"

benchmark: $(STAMP)  ## measure speed as ratios: make benchmark, or ONLY="generation memory"
	set -f; $(BIN)/python -m benchmarks $$ONLY

notebooks: export OMP_NUM_THREADS := 1
notebooks: $(STAMP)  ## run the notebooks and store the outputs that the tests compare
	$(BIN)/python tools/refresh_notebooks.py

$(SITE_STAMP): $(STAMP)
	$(BIN)/python -m pip install -e '.[dev,site]' -c constraints.txt
	touch $@

site: $(SITE_STAMP)  ## build the notebooks, docs and a reference as linked pages: build/site
	$(BIN)/python -m tools.site

lab: export OMP_WAIT_POLICY ?= passive
lab: $(STAMP)  ## open the notebooks in JupyterLab
	$(BIN)/python -m jupyterlab --ServerApp.root_dir=. notebooks/00_start_here.ipynb

clean:  ## remove caches; runs/, results/ and .venv stay
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache build *.egg-info
	find . -path './.venv*' -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d \
		-exec rm -rf {} +
