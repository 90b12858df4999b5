// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 mode, every upcoming feature that catches mistakes, and warnings as errors, in every target.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A library target of ours, with the settings of the house.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A test target, with the settings of the house.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "opsrun",
    products: [.executable(name: "opsrun", targets: ["opsrun"])],
    targets: [
        // MARK: C libraries that Debian keeps up to date (no pkgConfig, so that static linking stays possible)

        // libyaml: the YAML scanner and parser; the core schema on top of it is ours.
        .systemLibrary(name: "CLibYAML", path: "Sources/CLibYAML"),
        // PCRE2: regular expressions with a match limit, 30 times faster than Swift's.
        .systemLibrary(name: "CPCRE2", path: "Sources/CPCRE2"),
        // OpenSSL: TLS, SHA-256, HMAC, Ed25519.
        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL"),
        // zlib, lz4, zstd and snappy: the codecs of record batches.
        .systemLibrary(name: "CCompression", path: "Sources/CCompression"),
        // What Glibc's Swift module lacks: epoll, eventfd, pidfd, accept4; CRC-32C with the processor's instruction.
        .target(name: "CSystem", path: "Sources/CSystem"),

        // MARK: Libraries, from the bottom up

        // The language's ordered, typed values; JSON in and out.
        library("Values", []),
        // One epoll thread that is an executor; sockets, timers, child processes, the lock, the fsync thread.
        library("EventLoop", ["CSystem", "COpenSSL"]),
        // Bytes to messages and back at every supported version; no I/O, no policy.
        library("KafkaWire", ["CSystem", "CCompression"]),
        // The language: YAML with positions, inventory, parameters, expressions, validation.
        library("Playbooks", ["Values", "CLibYAML", "CPCRE2", "COpenSSL"]),
        // The native admin client: connect, negotiate, route, retry.
        library("KafkaAdmin", ["KafkaWire", "EventLoop", "Values", "COpenSSL"]),
        // Plan and run; journal, audit, locks; the protocols Action and Gate.
        library("RunEngine", ["Playbooks", "Values", "KafkaAdmin", "EventLoop", "COpenSSL", "CSystem"]),
        // Everything a playbook can name: one file per action; lifecycles; the process runner.
        library("KafkaOperations", ["RunEngine", "Playbooks", "Values", "KafkaAdmin", "EventLoop"]),
        // An embedded cluster that speaks the wire protocol, keeps its own ledger, and can be hurt on purpose.
        library("SimulatedKafka", ["KafkaWire", "EventLoop", "Values", "COpenSSL"]),
        // Arguments, composition root, views, exit codes; where the simulator meets lifecycles.
        library(
            "OpsrunCLI",
            [
                "KafkaOperations", "RunEngine", "Playbooks", "Values", "KafkaAdmin", "KafkaWire", "EventLoop",
                "SimulatedKafka",
            ]),
        // Entry point.
        .executableTarget(
            name: "opsrun", dependencies: ["OpsrunCLI"], swiftSettings: settings),

        // Measures the wire codec, and the client on prepared answers, in a process of its own (`scripts/bench`).
        .executableTarget(
            name: "WireBenchmark", dependencies: ["KafkaWire", "KafkaAdmin"], path: "Benchmarks/WireBenchmark",
            swiftSettings: settings),

        // MARK: Tests

        // Scratch directories, certificates, manual clock, cluster builder, real-Kafka harness, snapshots.
        .target(
            name: "TestSupport",
            dependencies: [
                "KafkaOperations", "RunEngine", "Playbooks", "Values", "KafkaAdmin", "KafkaWire", "EventLoop",
                "SimulatedKafka", "COpenSSL",
            ],
            path: "Tests/TestSupport", swiftSettings: settings),
        // What is fuzzed (`scripts/fuzz`), and its kept corpus, which the unit tests replay.
        .target(
            name: "FuzzTargets",
            dependencies: ["KafkaWire", "KafkaAdmin", "EventLoop", "Values", "Playbooks", "RunEngine"],
            path: "Tests/FuzzTargets", exclude: ["Corpus"], swiftSettings: settings),
        tests("FuzzTests", ["FuzzTargets"]),
        // Kills the built program and compares what happened with a served cluster's ledger (`make torture`).
        .target(name: "Torture", dependencies: ["Values"], path: "Tests/Torture", swiftSettings: settings),
        .executableTarget(
            name: "TortureDriver", dependencies: ["Torture"], path: "Tests/TortureDriver", swiftSettings: settings),
        tests("ArchitectureTests", []),
        tests("ValuesTests", ["Values", "TestSupport"]),
        tests("EventLoopTests", ["EventLoop", "TestSupport"]),
        tests("KafkaWireTests", ["KafkaWire", "Values", "TestSupport", "FuzzTargets"]),
        tests("PlaybooksTests", ["Playbooks", "Values", "TestSupport"]),
        tests("KafkaAdminTests", ["KafkaAdmin", "KafkaWire", "EventLoop", "SimulatedKafka", "Values", "TestSupport"]),
        tests("RunEngineTests", ["RunEngine", "Playbooks", "Values", "EventLoop", "KafkaAdmin", "TestSupport"]),
        tests(
            "KafkaOperationsTests",
            [
                "KafkaOperations", "RunEngine", "Playbooks", "Values", "KafkaAdmin", "EventLoop", "SimulatedKafka",
                "TestSupport",
            ]),
        tests("SimulatedKafkaTests", ["SimulatedKafka", "KafkaWire", "EventLoop", "Values", "TestSupport"]),
        tests(
            "OpsrunCLITests",
            [
                "OpsrunCLI", "KafkaOperations", "RunEngine", "Playbooks", "Values", "KafkaAdmin", "EventLoop",
                "SimulatedKafka", "TestSupport",
            ], exclude: ["__Snapshots__"]),
        tests("EndToEndTests", ["opsrun", "KafkaAdmin", "KafkaWire", "Values", "EventLoop", "TestSupport", "Torture"]),
        tests("RollTests", ["opsrun", "KafkaAdmin", "Values", "EventLoop", "TestSupport"]),
    ]
)

// Linked with libFuzzer, which only `scripts/fuzz` asks for.
if Context.environment["OPSRUN_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzDriver", dependencies: ["FuzzTargets", "Values"], path: "Tests/FuzzDriver",
            swiftSettings: settings))
}
