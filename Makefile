# zhuoyu: `make demo` and `make test` do all their own set-up in .venv. Python 3.11 or later and make are enough.
SHELL := /bin/bash
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: setup demo test soak check bench bench-text docs size clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt scripts/setup.sh
	@PYTHON="$(PYTHON)" bash scripts/setup.sh "$(VENV)"
	@touch $@

demo: setup
	@$(BIN)/zhuoyu demo

test: setup
	@bash scripts/system.sh
	@$(BIN)/python -m pytest

soak: setup
	@bash scripts/system.sh
	@$(BIN)/python -m pytest tests/soak --soak -v

check: setup
	@bash scripts/check.sh "$(BIN)"

bench: setup
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

# Beside datatrove and Data-Juicer; SIZE=full takes hours and tens of GB below PEERS_DIR; started again it goes on where it stopped.
SIZE ?= 20k
RUNS ?= 3
bench-text: setup
	@$(BIN)/python bench/text/run.py --size $(SIZE) --runs $(RUNS)

docs: setup
	@$(BIN)/python scripts/reference.py docs/reference
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -q

size: setup
	@$(BIN)/python scripts/size.py --packages --write

clean:
	@rm -rf $(VENV) site build dist
