// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: warnings are errors, unsafe code says so, imports say what they expose.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// Tests: the same, except that a test may use an unsafe call without marking it.
let relaxed: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: [String] = [],
  settings: [SwiftSetting] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: fixtures, swiftSettings: relaxed + settings)
}

let package = Package(
  name: "Sluice",
  products: [
    .library(name: "RouterCore", targets: ["RouterCore"]),
    .executable(name: "sluice", targets: ["sluice"]),
    // For the tests alone: preloaded into processes whose clock and system calls they disturb.
    .library(name: "FaultShim", type: .dynamic, targets: ["FaultShim"]),
  ],
  targets: [
    // Pure: no sockets, no clock, no Foundation.
    .target(
      name: "RouterCore", swiftSettings: strict,
      // Square roots and roundings of the estimates; part of the C library.
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "Wire", swiftSettings: strict,
      // Square roots and roundings of the histograms; part of the C library.
      linkerSettings: [.linkedLibrary("m")]),
    target("Simulation", ["RouterCore"]),
    target("VenueAdapters", ["RouterCore", "Wire"]),

    // The operating system.
    .target(
      name: "CPlatform",
      linkerSettings: [
        .linkedLibrary("ssl"), .linkedLibrary("crypto"), .linkedLibrary("curl"),
      ]),
    target("Platform", ["CPlatform", "Wire"]),
    target("Journal", ["RouterCore", "Platform"]),

    // The edges.
    target("VenueGateways", ["RouterCore", "Wire", "Platform", "VenueAdapters"]),
    target("ClientGateways", ["RouterCore", "Wire", "Platform"]),
    target("SimulatedVenues", ["RouterCore", "Simulation", "Wire", "Platform"]),
    // The real core and adapters against simulated venues, network and disk, in virtual time.
    target(
      "Simulator",
      [
        "RouterCore", "Simulation", "Wire", "Platform", "Journal", "VenueAdapters",
        "VenueGateways", "SimulatedVenues",
      ]),

    // The wiring.
    target(
      "RouterService",
      [
        "RouterCore", "Wire", "Platform", "Journal", "VenueAdapters", "VenueGateways",
        "ClientGateways",
      ]),
    .executableTarget(
      name: "sluice", dependencies: ["RouterService", "SimulatedVenues", "Simulator", "Wire"],
      swiftSettings: strict),
    .target(name: "FaultShim", path: "Tests/FaultShim"),
    // Replaces malloc to count its calls: for the benchmarks alone.
    .target(name: "CAllocationCounter", path: "Benchmarks/CAllocationCounter"),
    // The same decoding in plain C, to measure ours by.
    .target(
      name: "CReferenceDecoder", path: "Benchmarks/CReferenceDecoder",
      cSettings: [.unsafeFlags(["-O3"], .when(configuration: .release))]),
    .executableTarget(
      name: "RouterBenchmarks",
      dependencies: [
        "RouterCore", "Wire", "Platform", "Journal", "VenueAdapters", "VenueGateways",
        "RouterService", "Simulation", "SimulatedVenues", "CAllocationCounter", "CReferenceDecoder",
      ],
      path: "Benchmarks/RouterBenchmarks", swiftSettings: strict),

    // Optimised, for the exact program that the planner is held against; the planner is not.
    tests(
      "RouterCoreTests", ["RouterCore"],
      settings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    tests("WireTests", ["Wire"]),
    tests("SimulationTests", ["Simulation", "RouterCore"]),
    tests("PlatformTests", ["Platform", "Wire"]),
    tests("JournalTests", ["Journal", "RouterCore", "Platform"]),
    tests("VenueAdaptersTests", ["VenueAdapters", "RouterCore", "Wire", "Platform"]),
    tests(
      "VenueGatewaysTests", ["VenueGateways", "VenueAdapters", "RouterCore", "Wire", "Platform"]),
    tests("ClientGatewaysTests", ["ClientGateways", "RouterCore", "Wire", "Platform"]),
    tests("SimulatedVenuesTests", ["SimulatedVenues", "Simulation", "Wire", "Platform"]),
    tests(
      "RouterServiceTests", ["RouterService", "RouterCore", "Wire", "Platform", "Journal"],
      fixtures: ["Fixtures"]),
    tests(
      "EndToEndTests",
      [
        "RouterService", "SimulatedVenues", "Simulation", "VenueAdapters", "VenueGateways",
        "RouterCore", "Wire", "Platform",
      ]),
    tests(
      "ProcessTests",
      ["RouterService", "RouterCore", "Journal", "Simulation", "Platform", "Wire", "sluice"]),
    tests(
      "SimulatorTests",
      ["Simulator", "RouterCore", "Simulation", "Wire", "Platform", "Journal", "VenueAdapters"]),
    tests("ArchitectureTests", []),
  ],
  swiftLanguageModes: [.v6]
)
