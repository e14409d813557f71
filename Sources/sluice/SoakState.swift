internal import Simulator
internal import Foundation

/// How far a soak has come, and what it has seen; kept in a file.
struct SoakState: CustomStringConvertible {
  static let chunk: UInt64 = 10_000
  private static let names = [
    "histories", "events", "virtual_seconds", "crashes", "power_cuts", "fail_stops", "parents",
    "orders", "fills", "unknowns",
  ]

  private(set) var next: UInt64
  private var sums = [Int](repeating: 0, count: SoakState.names.count)

  init(next: UInt64) { self.next = next }

  /// Reads the file that `store` wrote.
  init?(file: String) {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
    guard words.count == 2 * (Self.names.count + 1), words[0] == "next",
      let next = UInt64(words[1])
    else { return nil }
    self.next = next
    for (index, name) in Self.names.enumerated() {
      guard words[2 * index + 2] == name, let sum = Int(words[2 * index + 3]) else { return nil }
      sums[index] = sum
    }
  }

  mutating func add(_ outcome: Campaign.Outcome, through seed: UInt64) {
    next = seed + 1
    let totals = outcome.totals
    let parts = [
      outcome.histories, totals.events, Int(totals.virtualNanoseconds / 1_000_000_000),
      totals.crashes, totals.powerCuts, totals.failStops, totals.parents, totals.orders,
      totals.fills, totals.unknowns,
    ]
    for index in sums.indices { sums[index] += parts[index] }
  }

  private var text: String {
    "next \(next)\n"
      + zip(Self.names, sums).map { "\($0) \($1)\n" }.joined()
  }

  func store(in file: String) throws {
    try text.write(toFile: file, atomically: true, encoding: .utf8)
  }

  static func append(_ line: String, to file: String) throws {
    if !FileManager.default.fileExists(atPath: file) {
      _ = FileManager.default.createFile(atPath: file, contents: nil)
    }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(line.utf8))
    try handle.close()
  }

  var description: String {
    "soak: " + zip(Self.names, sums).map { "\($0) \($1)" }.joined(separator: ", ")
  }
}
