/// A script as a text that people can read, keep and play again.
extension Script {
  private static let firstLine = "sluice history 2"

  package var text: String {
    var lines = [
      Self.firstLine,
      "seed \(seed)",
      "venues \(venueCount) \(venueKind.rawValue)",
      "durability \(survivesPowerCuts ? "power" : "process")",
      "journal \(segmentByteCount) \(snapshotByteCount) \(retainSeconds)",
      "faults \(faults.text)",
    ]
    for operation in operations {
      lines.append(
        "operation \(operation.kind.name) \(operation.delayMicroseconds) \(operation.number)"
          + " \(operation.seed)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads what `text` gives; `nil` if a line is wrong.
  package init?(text: String) {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    guard lines.count >= 6, text.hasPrefix(Self.firstLine),
      let seed = Self.word(lines[1], "seed", 1).flatMap({ UInt64($0) }),
      let count = Self.word(lines[2], "venues", 1).flatMap({ Int($0) }),
      count >= 1 && count <= Universe.greatestVenueCount,
      let kind = Self.word(lines[2], "venues", 2).flatMap({ VenueKind(rawValue: $0) }),
      let durability = Self.word(lines[3], "durability", 1),
      let segment = Self.word(lines[4], "journal", 1).flatMap({ Int($0) }),
      segment >= 2048 && segment <= 1 << 24,
      let snapshot = Self.word(lines[4], "journal", 2).flatMap({ Int64($0) }), snapshot >= 0,
      let retained = Self.word(lines[4], "journal", 3).flatMap({ Int64($0) }), retained >= 0,
      let faults = Self.word(lines[5], "faults", 1).flatMap({ FaultMix($0) })
    else { return nil }
    var operations: [Operation] = []
    for line in lines[6...] {
      guard let operation = Self.operation(line) else { return nil }
      operations.append(operation)
    }
    self.init(
      seed: seed, venueKind: kind, venueCount: count, survivesPowerCuts: durability == "power",
      segmentByteCount: segment, snapshotByteCount: snapshot, retainSeconds: retained,
      faults: faults, operations: operations)
  }

  private static func word(_ line: [String], _ name: String, _ place: Int) -> String? {
    line.count > place && line[0] == name ? line[place] : nil
  }

  private static func operation(_ words: [String]) -> Operation? {
    guard words.count == 5, words[0] == "operation",
      let kind = Operation.Kind.allCases.first(where: { $0.name == words[1] }),
      let delay = Int64(words[2]), delay >= 0, delay < 1_000_000_000,
      let number = Int(words[3]), number >= 0, let seed = UInt64(words[4])
    else { return nil }
    return Operation(kind: kind, delayMicroseconds: delay, number: number, seed: seed)
  }
}
