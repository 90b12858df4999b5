# make build | demo | test | lint | golden | conformance | bench | fuzz SECONDS=60 | mutations | mutants | torture SECONDS=60 | install PREFIX=/usr/local | clean

PREFIX ?= /usr/local
SECONDS ?= 60
# The Swift runtime goes into the binary; the C libraries stay shared, so the distribution keeps them up to date.
RELEASE := -c release --product opsrun --static-swift-stdlib

.PHONY: build demo test test-sanitize lint golden conformance bench fuzz mutations mutants torture install clean

build:
	@scripts/setup build
	swift build $(RELEASE)

demo: build
	.build/release/opsrun playbooks/rolling-upgrade.yml --yes

test:
	@scripts/setup test
	@$(MAKE) --no-print-directory lint
	swift build --build-tests
	scripts/test

# The same unit tests under ThreadSanitizer, then AddressSanitizer (slow; not part of CI). Leaks are not looked for: every
# table that Swift makes on first use counts as one.
test-sanitize:
	@scripts/setup test
	swift test --sanitize=thread --scratch-path .build/tsan --no-parallel --skip EndToEndTests
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build/asan --no-parallel --skip EndToEndTests --disable-xctest

lint:
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift

golden:
	@scripts/setup build
	@scripts/suite GoldenVectors

conformance:
	@scripts/setup build
	@scripts/suite ExpressionConformance YAMLConformance

bench: build
	@scripts/setup bench
	@scripts/bench

# libFuzzer under AddressSanitizer, each target for SECONDS; what crashes is printed and kept.
fuzz:
	@scripts/setup build
	@scripts/fuzz $(SECONDS)

# Kills opsrun at random instants for SECONDS, goes on with what it left, and compares what happened with the ledger of a
# served cluster; then at each call of the system, by strace, for as long; then opens each image that a loss of power may
# leave. SEED and THREADS, FIRST and EPISODES do again what was found.
SEED ?=
THREADS ?= 6
torture:
	@scripts/setup build
	swift build --product opsrun
	swift build --product TortureDriver
	.build/debug/TortureDriver "$$PWD/.build/debug/opsrun" $(SECONDS) $(SEED) $(if $(SEED),$(THREADS) $(FIRST) $(EPISODES))
	OPSRUN_CRASH_IMAGES=1 swift test --filter CrashImageTests

install: build
	scripts/install .build/release/opsrun "$(DESTDIR)$(PREFIX)"

# 100,000 random changes of an audit log, each of which has to be found.
mutations:
	OPSRUN_MUTATIONS=100000 swift test --filter AuditMutationTests

# The engine broken in some fifty ways, one at a time: the tests have to see each. NAMES="gate-inverted …" for some of them.
mutants:
	@scripts/setup build
	@scripts/mutants $(NAMES)

clean:
	rm -rf .build
