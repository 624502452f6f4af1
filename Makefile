# The workshop. `make` lists what there is; CONTRIBUTING.md and docs/TESTING.md say more.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The targets share one build folder and one machine: they run one after the other.
.NOTPARALLEL:

CARGO ?= cargo
# The build that a person waits for is the one that is quickest from a fresh clone.
PROFILE ?= dev
PROGRAM := $(or $(CARGO_TARGET_DIR),target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/kopilka
DEMO_DATA ?= demo-data
# What is given to the test binary, for instance: make test TESTS=ledger
TESTS ?=
# Tests wait for disks, databases and processes half of their time: with one a core, the cores would wait too.
export RUST_TEST_THREADS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
# Which rows are measured, for instance: make bench ROWS="redirect start"
ROWS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: tools
tools:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust $$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer, with rustup or your system's package" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing (SQLite and libpq are built in): on Debian and Ubuntu, apt-get install build-essential; on Fedora, dnf install gcc make; on macOS, xcode-select --install" >&2; exit 1; }

.PHONY: build
build: tools ## Build the program
	$(CARGO) build --locked --profile $(PROFILE)

.PHONY: demo
demo: build ## Run the whole service with invented stores, partners and traffic, kept in demo-data/
	$(PROGRAM) demo --data $(DEMO_DATA)

.PHONY: demo-once
demo-once: build ## Run the demonstration once through, check what it did, and end
	$(PROGRAM) demo --once

.PHONY: clean-demo
clean-demo: ## Forget the demonstration's data
	rm -rf -- $(DEMO_DATA)

.PHONY: test
test: tools ## Run all tests, on SQLite and PostgreSQL and in a browser
	scripts/with-nats scripts/with-postgres $(CARGO) test --locked $(if $(TESTS),-- $(TESTS))
	$(if $(TESTS),,scripts/test-browser --when-there $(or $(CARGO_TARGET_DIR),target)/debug/kopilka)
	$(if $(TESTS),,scripts/test-extension --when-there $(or $(CARGO_TARGET_DIR),target)/debug/kopilka)

.PHONY: test-long
test-long: tools ## Run all tests with many more random histories, kills and faults (hours)
	TEST_LONG=1 scripts/with-nats scripts/with-postgres $(CARGO) test --locked --profile long $(if $(TESTS),-- $(TESTS))
	$(if $(TESTS),,scripts/check-yookassa-client $(or $(CARGO_TARGET_DIR),target)/long/kopilka)
	$(if $(TESTS),,scripts/test-extension --when-there --long $(or $(CARGO_TARGET_DIR),target)/long/kopilka)

.PHONY: test-browser
test-browser: build ## Walk through the site in a real Chromium
	scripts/test-browser $(PROGRAM)

.PHONY: extension
extension: ## Build the browser extension's packages for Chrome and Firefox, in target/extension/
	scripts/build-extension target/extension

.PHONY: test-extension
test-extension: build ## Test the browser extension by every rule, in Chromium and Firefox
	scripts/test-extension --long $(PROGRAM)

.PHONY: lint
lint: tools ## Check formatting, lints, scripts, licences and unused dependencies
	$(CARGO) fmt --all --check
	for script in .ci/run $(wildcard scripts/*); do if head -n 1 $$script | grep -q bash; then bash -n $$script; fi; done
	$(CARGO) clippy --locked --all-targets --quiet -- -D warnings
	scripts/tool cargo-deny --locked --log-level error check --hide-inclusion-graph bans licenses sources
	scripts/tool cargo-machete --skip-target-dir .

.PHONY: format
format: tools ## Format the code
	$(CARGO) fmt --all

.PHONY: bench
bench: tools ## Measure the speeds that docs/PERFORMANCE.md speaks of (some minutes)
	scripts/with-wrk scripts/with-nats scripts/with-postgres --durable $(CARGO) bench --locked --bench speed $(if $(ROWS),-- $(ROWS))

.PHONY: bench-long
bench-long: tools ## Measure with a million clicks stored, and a ledger of a million entries (half an hour)
	BENCH_LONG=1 scripts/with-wrk scripts/with-nats scripts/with-postgres --durable $(CARGO) bench --locked --bench speed $(if $(ROWS),-- $(ROWS))

.PHONY: bench-pure
bench-pure: tools ## Measure the pure parts by themselves: links, adapters, rules (two minutes)
	$(CARGO) bench --locked --bench pure

.PHONY: release
release: tools ## Build the program to hand out, with TLS to PostgreSQL
	@command -v perl >/dev/null || { echo "perl is missing (OpenSSL is built from source): on Debian and Ubuntu, apt-get install perl" >&2; exit 1; }
	$(CARGO) build --locked --release --features postgres-tls
