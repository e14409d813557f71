# Sluice: every target does its own set-up on a fresh Debian 12 with Swift 6.3.
.PHONY: deps build release demo test outside bench simulate soak lint clean

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

bench: deps
	swift build -c release --product RouterBenchmarks
	.build/release/RouterBenchmarks $(BENCH_FLAGS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build
