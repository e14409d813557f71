# Sluice: every target does its own set-up on a fresh Debian 12 with Swift 6.3.
.PHONY: deps build release demo test bench simulate soak lint clean

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

bench: deps
	swift build -c release --product RouterBenchmarks
	.build/release/RouterBenchmarks $(BENCH_FLAGS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build
