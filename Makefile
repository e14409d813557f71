# Sluice: every target does its own set-up on a fresh Debian 12 with Swift 6.3.
.PHONY: deps build release demo test outside bench simulate soak oracle mutations kill long lint clean

RELEASE = .build/release/sluice

# Installs the Debian packages that are missing, with sudo when not root, and says so.
deps:
	@./config/install-dependencies.sh

build: deps
	swift build

release: deps
	swift build -c release --product sluice

demo: release
	$(RELEASE) demo

# What failed is told again at the end, since thousands of lines may follow it.
test: deps lint
	@mkdir -p .build
	@{ swift test; echo $$? >.build/test.status; } 2>&1 | tee .build/test.log
	@[ "$$(cat .build/test.status)" = 0 ] || { echo "== what failed (all of it: .build/test.log)"; \
	  grep -E '^(✘|↳|error:)|Fatal error|: error: ' .build/test.log; exit 1; }
	@$(MAKE) --no-print-directory simulate SEEDS=1-10000
	@$(MAKE) --no-print-directory outside

# Clients from PyPI trade on the simulated venues; skipped, with the reason, where PyPI is not.
outside: deps
	swift build --product sluice
	@./config/install-dependencies.sh python || true
	@command -v python3 >/dev/null || { echo "outside clients: skipped, no python3"; exit 0; }; \
	  Tests/OutsideClients/run || [ $$? -eq 77 ]

# Histories of faults in virtual time, every invariant checked after every event; SEEDS=FIRST-LAST.
SEEDS = 1-100000
simulate: release
	$(RELEASE) simulate --seeds $(SEEDS)

# The same in ranges that go on where the last one ended: Ctrl-C and start again at will.
SOAK_SEEDS = 1-1000000
SOAK_FILES = --soak .build/soak.state --report .build/soak.report
soak: release
	nice -n 15 $(RELEASE) simulate $(SOAK_FILES) --seeds $(SOAK_SEEDS)

# The planner against the exact program, 200 problems for each seed.
ORACLE_SEEDS = 1-500
oracle: deps
	SLUICE_SEEDS=$(ORACLE_SEEDS) swift test --filter PlannerOracleTests

# Bugs planted on purpose, each of which the simulator must find.
mutations: deps
	Tests/MutationGate/run

# Kills the real service at random instants under load and compares it with the venues.
KILLS = 500
kill: release
	SLUICE_BINARY=$(RELEASE) SLUICE_KILLS=$(KILLS) swift test --filter KillTests

# Clock jumps, failing system calls and the other tests of real processes, every case.
long: deps
	SLUICE_LONG_TESTS=1 swift test --filter ProcessTests

bench: deps
	swift build -c release --product RouterBenchmarks
	.build/release/RouterBenchmarks $(BENCH_FLAGS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build
