# Python 3.11 and make are all that a machine needs; everything else is set up here, pinned.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
# Lint, types and tests; `make test TESTS=tests/rooms` runs a part.
TESTS ?= tests

# Node.js comes from the machine, or else from a wheel in the virtual environment.
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup run test torture faults soak lint audit attack bench clean chromium images

setup: $(VENV)/.ready pwa/node_modules/.ready

$(VENV)/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv sync --frozen --quiet $(if $(shell PATH="$(SYSTEM_PATH)" command -v npm),,--group node)
	touch $@

pwa/node_modules/.ready: pwa/package.json pwa/package-lock.json $(VENV)/.ready
	cd pwa && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

run: setup
	@exec $(BIN)/sunlot run

test: setup chromium lint
	$(BIN)/sunlot assets
	$(BIN)/pytest $(TESTS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd pwa && npx --no-install tsc -p .

# The browser tests need a real Chromium: Debian's package, where we may install it.
chromium:
	@command -v chromium >/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	  else echo "No chromium here and no right to install it: the browser tests will be skipped. Install the package chromium to run them."; fi; }

# 300 inspections with 1,200 photos through a line that does everything wrong, while both sides are killed; SEED=n repeats a run.
torture: setup chromium
	$(BIN)/sunlot assets
	@$(BIN)/python -m tests.journeys.torture.run

# Two servers and two workers under load for ten minutes while everything they stand on fails in turn; SEED=n repeats a run, SECONDS_OF_LOAD=60 is shorter.
faults: setup
	$(BIN)/sunlot assets
	@$(BIN)/python -m tests.journeys.faults.run

# Requests a second, latencies and growth of memory on the demo county with two server processes; SOAK_MINUTES=10 by default.
soak: setup
	$(BIN)/sunlot assets
	@$(BIN)/python -m benchmarks.soak

# Lighthouse and axe over every screen of the field app; a report in build/audit/. AUDIT=axe, lighthouse or open runs one part.
# AUDIT=console: over every page of the office; AUDIT=public: over every public page.
audit: setup chromium pwa/audit/node_modules/.ready
	CHROME_PATH="$$(command -v chromium)" $(BIN)/python -m tests.journeys.audit

pwa/audit/node_modules/.ready: pwa/audit/package.json pwa/audit/package-lock.json $(VENV)/.ready
	cd pwa/audit && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

# sqlmap at level 3 over every word that the public and enterprises can say to us, against a demo of its own. Takes an hour; ONLY=/log runs a part, JOBS=4 places at a time.
attack: setup
	$(BIN)/uv sync --frozen --quiet --inexact --group attack
	$(BIN)/python -m tests.attack --only "$(ONLY)" $(if $(JOBS),--jobs $(JOBS))

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf build $(VENV) pwa/node_modules pwa/audit/node_modules
