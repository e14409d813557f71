internal import RouterCore

/// Whether the journal keeps what a start may need.
extension Checker {
  /// After a round of upkeep: whatever becomes of the newest snapshot, a start finds all it needs,
  /// and the facts of every open order are still there one by one.
  mutating func kept(_ disk: SimulatedDisk) {
    let segments = disk.files(named: "segment-")
    let snapshots = disk.snapshots.filter { snapshot in
      !disk.damaged.contains { $0 === snapshot }
    }
    let numbers = segments.map { Self.number(of: $0.path) }
    let needed = Self.firstNeeded(snapshots, hasDamage: snapshots.count < disk.snapshots.count)
    guard let first = numbers.first, let last = numbers.last else {
      return fail(17, "the journal has no segment")
    }
    require(
      first <= needed && numbers == Array(first...last), 17,
      "segments \(numbers) are left, and a start may need all from \(needed) on")
    if let open = orders.parents.first(where: \.isOpen) {
      let index = Self.firstIndex(of: segments[0])
      require(
        index <= open.acceptIndex, 17,
        "an order of fact \(open.acceptIndex) is open, but facts before \(index) are deleted")
    }
  }

  /// The first segment behind the last snapshot but one; if that is all that is whole, the last.
  private static func firstNeeded(_ whole: [SimulatedFile], hasDamage: Bool) -> Int {
    guard whole.count < 2 else { return number(of: whole[whole.count - 2].path) + 1 }
    return hasDamage ? whole.last.map { number(of: $0.path) + 1 } ?? 1 : 1
  }

  private static func number(of path: String) -> Int {
    Int(path.dropLast(".journal".utf8.count).suffix(10)) ?? 0
  }

  /// The field of a segment's header, read by itself.
  private static func firstIndex(of segment: SimulatedFile) -> UInt64 {
    segment.bytes[24..<32].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
