# Sluice: every target does its own set-up on a fresh Debian 12 with Swift 6.3.
.PHONY: deps build release demo test outside bench simulate soak kill lint clean

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

test: deps lint
	swift test
	@$(MAKE) --no-print-directory outside

# Clients from PyPI trade on the simulated venues; skipped, with the reason, where PyPI is not.
outside: deps
	swift build --product sluice
	@./config/install-dependencies.sh python || true
	@command -v python3 >/dev/null || { echo "outside clients: skipped, no python3"; exit 0; }; \
	  Tests/OutsideClients/run || [ $$? -eq 77 ]

# Seeded fault histories of the core, and the planner against the exact program on 200 problems for
# each seed; SEEDS=FIRST-LAST.
SEEDS = 1-500
simulate: deps
	SLUICE_SEEDS=$(SEEDS) swift test --filter 'InvariantTests|PlannerOracleTests'

# The same for ever, a thousand fresh seeds at a time; prints the range that failed and stops.
soak: deps
	@first=1; while true; do last=$$((first + 999)); echo "seeds $$first-$$last"; \
	  $(MAKE) --no-print-directory simulate SEEDS=$$first-$$last >.build/soak.log 2>&1 \
	    || { grep '✘' .build/soak.log; echo "failed: make simulate SEEDS=$$first-$$last"; exit 1; }; \
	  first=$$((last + 1)); done

# Kills the real service at random instants under load and compares it with the venues.
KILLS = 500
kill: release
	SLUICE_BINARY=$(RELEASE) SLUICE_KILLS=$(KILLS) swift test --filter KillTests

bench: deps
	swift build -c release --product RouterBenchmarks
	.build/release/RouterBenchmarks $(BENCH_FLAGS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build
