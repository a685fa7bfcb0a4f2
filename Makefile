# All that a developer types. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3.11
PORT ?= 8080
GRPC_PORT ?= 50051
BIN := .venv/bin
EDITOR := services/editor
MEMBERS := operator $(addprefix services/,alur gateway registry scheduler executor \
	libs/api libs/common libs/engine libs/jail libs/nodes libs/sdk)
CODE := $(MEMBERS) tests tools
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
PYTEST := $(BIN)/pytest -q
ALL_MARKERS := -m "not (chaos or bench or cluster)"

# --- Install -----------------------------------------------------------------------------

.PHONY: install
install: .venv/.members $(EDITOR)/dist/index.html ## Build .venv and the editor (repeating it costs nothing)

# uv comes from the lock as well, so that pip checks its hash.
.venv/.locked: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	awk '/^uv==/{found=1} found{print} found && !/\\$$/{exit}' $< > .venv/uv.lock
	test -x $(BIN)/uv || $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes --compile-bytecode -r $<
	touch $@

.venv/.members: .venv/.locked $(MEMBERS:%=%/pyproject.toml)
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	$(BIN)/python -m compileall -q $(MEMBERS)
	touch $@

$(EDITOR)/node_modules/.installed: $(EDITOR)/package-lock.json
	cd $(EDITOR) && npm ci --prefer-offline --no-fund --no-audit --loglevel=error
	touch $@

$(EDITOR)/dist/index.html: $(EDITOR)/node_modules/.installed $(shell find $(EDITOR)/src $(EDITOR)/public $(EDITOR)/index.html -type f 2>/dev/null)
	cd $(EDITOR) && npm run --silent build
	touch $@

tests/node_modules/.installed: tests/package-lock.json
	cd tests && npm ci --no-fund --no-audit --loglevel=error
	touch $@

COMPILE := $(BIN)/uv pip compile -q --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: lock
lock: ## Compile requirements.lock anew from requirements.in and the members, and from it the locks of the image
	$(COMPILE) $(foreach m,$(notdir $(MEMBERS)),--no-emit-package alur-$(m)) --no-emit-package alur \
		-o requirements.lock requirements.in $(MEMBERS:%=%/pyproject.toml)
	$(COMPILE) $(foreach m,$(notdir $(MEMBERS)),--no-emit-package alur-$(m)) --no-emit-package alur \
		-c requirements.lock -o requirements.run.lock $(MEMBERS:%=%/pyproject.toml)
	$(COMPILE) -c requirements.lock -o requirements.build.lock requirements.build.in

# --- Use ---------------------------------------------------------------------------------

.PHONY: run
run: install ## Start Alur, apply examples/, send one real GitHub event through the first, stay up
	$(BIN)/python -m tools.demo --data data/dev --port $(PORT) --grpc-port $(GRPC_PORT) --stay

.PHONY: demo
demo: install ## The same on fresh data, ending with 0 when that execution succeeded
	rm -rf data/demo
	$(BIN)/python -m tools.demo --data data/demo

# --- Check -------------------------------------------------------------------------------

.PHONY: check
check: lint types imports unit check-editor ## Format, lint, types, imports, units: the quick checks

.PHONY: lint
lint: .venv/.members
	$(BIN)/ruff format --check -q $(CODE)
	$(BIN)/ruff check -q $(CODE)
	$(BIN)/hadolint Dockerfile
	$(BIN)/buf lint protos
	! git rev-parse -q --verify main^{commit} >/dev/null || \
		$(BIN)/buf breaking protos --against '.git#branch=main,subdir=protos'

.PHONY: types
types: .venv/.members
	$(BIN)/mypy $(CODE)

.PHONY: imports
imports: .venv/.members
	$(BIN)/lint-imports --no-logo

.PHONY: unit
unit: .venv/.members ## Unit tests alone
	$(PYTEST) -n $(WORKERS) tests/unit

.PHONY: check-editor
check-editor: $(EDITOR)/node_modules/.installed
	cd $(EDITOR) && npm run --silent lint && npm run --silent typecheck && npm run --silent test

.PHONY: format
format: .venv/.members ## Format and repair what can be
	$(BIN)/ruff check -q --fix $(CODE) || true
	$(BIN)/ruff format -q $(CODE)

.PHONY: check-generated
check-generated: .venv/.members ## Fail when a generated file differs from what `make generate` would write
	$(BIN)/python tools/generate.py --check

# --- Test --------------------------------------------------------------------------------

.PHONY: test
test: install tests/node_modules/.installed browser servers-of-tests ## All tests: checks, units with coverage, contract, simulation, integration, security, browser
	$(MAKE) lint types imports check-editor check-generated
	cd $(EDITOR) && npm run --silent knip && npm run --silent budget
	rm -f .coverage .coverage.*
	$(PYTEST) -n $(WORKERS) --cov --cov-report=term $(COVERING)
	$(PYTEST) -n $(WORKERS) $(filter-out $(COVERING),$(wildcard tests/unit/[a-z]*)) tests/contract tests/security
	$(PYTEST) -n $(WORKERS) --dist worksteal tests/simulation tests/fuzz
	$(PYTEST) $(ALL_MARKERS) -n $(WORKERS) --dist loadfile tests/integration
	$(PYTEST) $(ALL_MARKERS) -n $(WORKERS) --dist loadfile tests/e2e

# Coverage is asked of these; the others cost a third less without it.
COVERING := $(addprefix tests/unit/,engine sdk nodes executor)

SEEDS ?= 1000000

.PHONY: simulate
simulate: .venv/.members ## Run SEEDS (a million) simulated runs with faults; `make test` runs ten thousand
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

EXPRESSIONS ?= 20000

.PHONY: two-engines
two-engines: .venv/.members ## Ask both engines for EXPRESSIONS (twenty thousand) generated expressions; `make test` asks for two thousand
	ALUR_TWO_ENGINES=$(EXPRESSIONS) $(PYTEST) -n $(WORKERS) tests/unit/engine/expressions/test_jailed.py

FUZZ_SECONDS ?= 600

.PHONY: fuzz
fuzz: .venv/.members ## Attack expressions by generated ones for FUZZ_SECONDS (ten minutes), each time with a new seed; `make test` tries a thousand
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

.PHONY: chaos-short
chaos-short: install servers-of-tests ## Fault tests in their short form: real servers, real kills
	$(PYTEST) -m chaos tests/chaos

.PHONY: chaos
chaos: install servers-of-tests ## The same with ALUR_CHAOS_SCALE (10) times the load
	ALUR_CHAOS_SCALE=$${ALUR_CHAOS_SCALE:-10} $(PYTEST) -m chaos -rA tests/chaos

NIGHTLY := fuzz two-engines simulate chaos autoscaling

# All of them run, whatever the one before found; the last line says which failed.
.PHONY: nightly
nightly: install servers-of-tests ## The long forms, some hours: fuzz, two-engines, simulate, chaos, autoscaling; each runs, and any failure is told at the end
	@failed=; for target in $(NIGHTLY); do \
		echo "== $$target"; $(MAKE) $$target || failed="$$failed $$target"; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

.PHONY: test-cluster
test-cluster: install servers-of-cluster servers-of-tests images ## Tests on a real API server of Kubernetes, and of the image
	$(PYTEST) -m "cluster and not nightly" tests/cluster

.PHONY: autoscaling
autoscaling: install servers-of-cluster servers-of-tests images ## Have load and quiet scale executors, and a database be restored, five minutes
	$(PYTEST) -m nightly tests/cluster

.PHONY: browser
browser:
	@tools/need chromium-headless-shell

# As root these are installed where they are missing; else `tools/need` says what to type (and `uidmap` is needed too).
.PHONY: images
images: .venv/.locked ## Build the image with buildah on a local Debian, localhost/alur/alur:dev (two minutes; then seconds)
	@for program in mmdebstrap buildah runc podman; do tools/need $$program; done
	@nice -n 10 $(BIN)/python -m tools.images

.PHONY: servers
servers: .venv/.locked ## Get all real servers into a cache outside the tree (once; one of them takes ten minutes to build)
	@$(BIN)/python -m tools.servers get

# Without the build for kills, whose place the other one takes where it is missing.
.PHONY: servers-of-tests
servers-of-tests: .venv/.locked
	@$(BIN)/python -m tools.servers get kafka mongo s3 collector prometheus

# Built from Go modules: some twelve minutes on two cores where nothing is cached.
.PHONY: servers-of-cluster
servers-of-cluster: .venv/.locked
	@$(BIN)/python -m tools.servers get kubernetes kubectl helm definitions kstatus

.PHONY: servers-up
servers-up: .venv/.locked ## Start Kafka, MongoDB's stand-in and S3 in the background; prints `export …` lines for `eval "$$(make -s servers-up)"`
	@$(BIN)/python -m tools.servers up

.PHONY: servers-down
servers-down: .venv/.locked ## Stop them
	@$(BIN)/python -m tools.servers down

BENCH ?= *

.PHONY: bench
bench: install ## Measure, print ratios, draw the curves; BENCH=neighbours measures that one alone
	@for script in $(filter-out %/__init__.py %/conftest.py,$(wildcard tests/bench/$(BENCH).py)); do \
		echo "== $$script"; $(BIN)/python -m "tests.bench.$$(basename $$script .py)"; \
	done

ACCEPT ?= first_light survives_kill cost

.PHONY: accept
accept: install ## The black-box checks of ../shared/accept, where they are present
	@mkdir -p .cache
	@for check in $(wildcard $(addprefix ../shared/accept/,$(addsuffix .py,$(ACCEPT)))); do \
		echo "== $$check"; $(BIN)/python "$$check" 2>.cache/accept.log || { tail -n 20 .cache/accept.log; exit 1; }; \
	done

# --- Generate ----------------------------------------------------------------------------

.PHONY: generate
generate: .venv/.members ## Write anew what is generated: protobuf, catalogue, OpenAPI, schema, reference pages
	$(BIN)/python tools/generate.py

.PHONY: chart
chart: .venv/.members servers-of-cluster ## Write what is made of the chart: schema, README, golden files, plain manifests
	$(BIN)/python -m tools.chart

.PHONY: docs
docs: .venv/.members ## Build the documentation into site/; a broken link fails
	$(BIN)/zensical build --strict --clean

.PHONY: picture
picture: install browser ## Take the readme's picture of the editor
	$(BIN)/python -m tools.picture

.PHONY: clean
clean: ## Remove what was built (not .venv)
	rm -rf $(EDITOR)/dist site .cache .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-results

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
