import Testing

/// The module map of `docs/architecture.md`, kept true by reading every import line.
struct ModuleMapTests {
  /// Target -> what its sources may import.
  static let map: [String: Set<String>] = [
    "RouterCore": [],
    "Wire": [],
    "Simulation": ["RouterCore"],
    "VenueAdapters": ["RouterCore", "Wire"],
    "Platform": ["CPlatform", "Wire", "Glibc", "Synchronization", "Dispatch"],
    "Journal": ["RouterCore", "Platform", "Synchronization", "Glibc"],
    "VenueGateways": ["RouterCore", "Wire", "Platform", "VenueAdapters"],
    "ClientGateways": ["RouterCore", "Wire", "Platform"],
    "SimulatedVenues": ["RouterCore", "Simulation", "Wire", "Platform", "Synchronization"],
    "Simulator": [
      "RouterCore", "Simulation", "Wire", "Platform", "Journal", "VenueAdapters", "VenueGateways",
      "SimulatedVenues",
    ],
    "RouterService": [
      "RouterCore", "Wire", "Platform", "Journal", "VenueAdapters", "VenueGateways",
      "ClientGateways", "Foundation", "Dispatch", "Synchronization", "Glibc",
    ],
    "sluice": ["RouterService", "SimulatedVenues", "Simulator", "Wire", "Foundation", "Dispatch"],
  ]

  @Test(arguments: map.keys.sorted())
  func `a target imports only what the module map allows`(target: String) {
    let allowed = Self.map[target] ?? []
    let files = SourceTree.files(below: "Sources/\(target)", ending: ".swift")
    #expect(!files.isEmpty, "\(target) has no sources")
    for file in files {
      for line in SourceTree.code(of: file) {
        guard let module = imported(line) else { continue }
        #expect(allowed.contains(module), "\(file.path) imports \(module)")
      }
    }
  }

  @Test func `every target of the package is on the map`() {
    let folders = Set(
      SourceTree.files(below: "Sources", ending: ".swift").map {
        String($0.path.split(separator: "/")[1])
      })
    #expect(folders == Set(Self.map.keys))
  }

  @Test func `no venue's adapter or server uses another venue's`() {
    for target in ["VenueAdapters", "SimulatedVenues"] {
      let files = SourceTree.files(below: "Sources/\(target)", ending: ".swift")
      let venues = Set(files.map { String($0.path.split(separator: "/")[2]) })
        .filter { ["Binance", "CoinbaseExchange", "Kraken"].contains($0) }
      #expect(!venues.isEmpty)
      for file in files {
        let home = String(file.path.split(separator: "/")[2])
        guard venues.contains(home) else { continue }
        for other in venues where other != home {
          let uses = SourceTree.code(of: file).contains { $0.contains(other) }
          #expect(!uses, "\(file.path) uses \(other)")
        }
      }
    }
  }

  private func imported(_ line: String) -> String? {
    var words = line.split(separator: " ").map(String.init)
    let prefixes = ["public", "package", "internal", "private", "fileprivate", "@preconcurrency"]
    while let first = words.first, prefixes.contains(first) { words.removeFirst() }
    guard words.first == "import", words.count > 1 else { return nil }
    let kinds = ["struct", "class", "enum", "func", "var", "protocol"]
    let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return String(name.split(separator: ".")[0])
  }
}
