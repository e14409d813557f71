import Foundation

/// Which seeds a seeded test runs: a standing set, or what `SLUICE_SEEDS` says (`FIRST-LAST`).
enum SeedRange {
  /// Whether the seeds were named, as by `make simulate`.
  static var isGiven: Bool { ProcessInfo.processInfo.environment["SLUICE_SEEDS"] != nil }

  static func standing(_ count: UInt64) -> ClosedRange<UInt64> {
    let words = (ProcessInfo.processInfo.environment["SLUICE_SEEDS"] ?? "").split(separator: "-")
    guard words.count == 2, let first = UInt64(words[0]), let last = UInt64(words[1]),
      first <= last
    else { return 1...count }
    return first...last
  }
}
