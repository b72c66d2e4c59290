# Targets for running, checking and testing; `make help` lists them.
# The environment in .venv is created on first use and re-created when a lock file changes.

MAKEFLAGS += --no-print-directory
SHELL = /bin/sh
.DEFAULT_GOAL = help

python = .venv/bin/python
install = $(python) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

# An environment whose creation was interrupted, or whose interpreter is missing, is re-created.
ifneq (sound,$(shell test ! -e .venv/.unfinished && $(python) -c 'print("sound")' 2>/dev/null))
.venv/.runtime: always
endif

.PHONY: always prerequisites help run test check soak bench demo conformance lock audit clean

help:  ## list these targets (default)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: .venv/bin/xsuaa-broker  ## start the broker on this machine, in development mode
	@echo 'Preparing the database and starting the server, some seconds'
	@XSUAA_MODE="$${XSUAA_MODE:-dev}"; MALLOC_ARENA_MAX="$${MALLOC_ARENA_MAX:-1}"; \
	  export XSUAA_MODE MALLOC_ARENA_MAX; \
	  admin=; test "$$XSUAA_MODE" != dev || admin=--with-admin; \
	  .venv/bin/xsuaa-broker db upgrade && exec .venv/bin/xsuaa-broker serve $$admin

check: .venv/.development  ## static checks and the fast tests
	@$(python) scripts/run-suites --fast

test: .venv/.development  ## everything: static checks and all tests
	@$(python) scripts/run-suites

soak: .venv/.development  ## the long-running tests only
	@$(python) scripts/run-suites --soak

bench: .venv/.development  ## run the benchmarks on this machine (BENCH_ARGS=--help)
	@$(python) -m benchmarks $(BENCH_ARGS)

demo: .venv/.development  ## demonstrate the credential migration (DEMO_ARGS="...")
	@$(python) -m tests.journeys.demo $(DEMO_ARGS)

conformance: .venv/.development  ## test any broker (URL=... USER=..., password in BROKER_PASSWORD)
	@$(python) -m tests.contract "$${URL:?must be given}" \
	  $(if $(filter command,$(origin USER)),--user "$$USER") $(CONFORMANCE_ARGS)

lock: .venv/.development  ## regenerate the lock files (LOCK_ARGS=--upgrade for newer versions)
	@echo 'Resolving the packages'
	@$(python) scripts/check-locks --write $(LOCK_ARGS)

# Not a test: known vulnerabilities change from day to day. Strict: a package that cannot be checked is
# a failure, too.
audit: .venv/.development  ## check the locked packages for known vulnerabilities
	@echo 'Asking for the vulnerabilities of each package, which may take a minute'
	@$(python) -m pip_audit --strict --disable-pip --require-hashes --progress-spinner off \
	  -r requirements.txt -r requirements-otel.txt -r requirements-dev.txt

clean:  ## remove the environment and generated files, but no data
	@echo 'Removing .venv, node_modules and caches'
	@rm -rf .venv tests/clients/node/node_modules benchmarks/node/node_modules .hypothesis \
	  .import_linter_cache .java_cache .mypy_cache .pytest_cache .ruff_cache build dist
	@find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

prerequisites:
	@scripts/prerequisites >/dev/null

.venv/.runtime: requirements.txt | prerequisites
	@test ! -L .venv || { echo '.venv is a link: remove it first, because its target would be cleared' >&2; exit 1; }
	@echo 'Creating the environment .venv, about half a minute the first time'
	@mkdir -p .venv && touch .venv/.unfinished
	@python=$$(scripts/prerequisites) && "$$python" -m venv --clear .venv
	@touch .venv/.unfinished
	@echo 'Installing requirements.txt'
	@$(install) -r requirements.txt
	@touch $@ && rm .venv/.unfinished

.venv/bin/xsuaa-broker: scripts/launcher .venv/.runtime
	@test ! -L .venv || { echo '.venv is a link: its target belongs to another checkout' >&2; exit 1; }
	@cp scripts/launcher $@ && chmod 755 $@

.venv/.development: requirements-dev.txt requirements-otel.txt .venv/bin/xsuaa-broker
	@echo 'Installing requirements-otel.txt and requirements-dev.txt, about half a minute the first time'
	@touch .venv/.unfinished
	@$(install) -r requirements-otel.txt
	@$(install) -r requirements-dev.txt
	@touch $@ && rm .venv/.unfinished
