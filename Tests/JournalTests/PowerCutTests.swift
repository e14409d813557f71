import Foundation
import Journal
import Platform
import RouterCore
import Synchronization
import Testing

/// The power goes at every sync of a real writer: what was safe is there, and the rest is cut off.
struct PowerCutTests {
  private static let directory = "/journal"

  private struct Cut: Sendable {
    let disk: MemoryDisk.State
    let safeIndex: UInt64
    let epoch: UInt32
  }

  /// Every state of the disk before a sync, with what had been declared safe by then.
  private func cuts(seed: UInt64) throws -> (cuts: [Cut], facts: [Fact]) {
    let disk = MemoryDisk()
    let facts = SeededHistory(seed: seed, count: 260).facts
    let cuts = Mutex<[Cut]>([])
    let known = Mutex<(safe: UInt64, epoch: UInt32)>((0, 0))
    disk.setOnSync { take in
      // Before the disk is taken: another thread may end a sync between the two.
      let (safe, epoch) = known.withLock { $0 }
      let state = take()
      cuts.withLock { $0.append(Cut(disk: state, safeIndex: safe, epoch: epoch)) }
    }
    var random = SeededRandom(seed: seed)
    var next = 0
    while next < facts.count {
      let writer = try JournalWriter(
        directory: Self.directory, storage: disk, instance: 1, durability: .power,
        segmentByteCount: 8192, onDurable: { index in known.withLock { $0.safe = index } })
      known.withLock { $0.epoch = writer.epoch }
      let end = min(facts.count, next + 130)
      while next < end {
        for _ in 0...random.next(below: 12) where next < end {
          try writer.append(facts[next])
          next += 1
        }
        try writer.commit()
        if random.chance(20) { while writer.durableIndex < next { usleep(50) } }
      }
      try writer.close()
    }
    return (cuts.withLock { $0 }, facts)
  }

  @Test(arguments: 1...UInt64(5))
  func `nothing safe is lost and nothing else is refused`(seed: UInt64) throws {
    let (cuts, facts) = try cuts(seed: seed)
    #expect(cuts.count > 20)
    for (number, cut) in cuts.enumerated() {
      for variant in 0..<3 {
        let disk = MemoryDisk.afterPowerCut(
          cut.disk, seed: seed * 10_000 + UInt64(number * 3 + variant))
        var read: [Fact] = []
        let tail = try JournalReader.read(directory: Self.directory, storage: disk) {
          read.append($1)
        }
        #expect(tail.lastIndex >= cut.safeIndex)
        #expect(read == Array(facts.prefix(read.count)))
        try goOn(disk, with: facts, atLeast: read.count, epoch: cut.epoch)
      }
    }
  }

  /// The next start cuts off what is torn and appends, with a number that was never used.
  ///
  /// It may find more than a reader: a segment that had no name yet.
  private func goOn(
    _ disk: MemoryDisk, with facts: [Fact], atLeast count: Int, epoch: UInt32
  ) throws {
    let writer = try JournalWriter(
      directory: Self.directory, storage: disk, instance: 1, durability: .power,
      segmentByteCount: 8192, onDurable: { _ in })
    #expect(writer.epoch > epoch)
    let fact = Fact.haltChanged(isHalted: true, at: Timestamp(nanoseconds: 1))
    let before = Int(try writer.append(fact)) - 1
    #expect(before >= count)
    try writer.close()
    var again: [Fact] = []
    _ = try JournalReader.read(directory: Self.directory, storage: disk) { again.append($1) }
    #expect(again == facts.prefix(before) + [fact])
  }

  @Test(arguments: 1...UInt64(4))
  func `starts that are cut again and again lose nothing safe`(seed: UInt64) throws {
    let (cuts, facts) = try cuts(seed: seed)
    let cut = cuts[cuts.count / 2]
    var state = cut.disk
    for attempt in 0..<6 {
      let disk = MemoryDisk.afterPowerCut(state, seed: seed * 100 + UInt64(attempt))
      let states = Mutex<[MemoryDisk.State]>([disk.current])
      disk.setOnSync { take in
        let state = take()
        states.withLock { $0.append(state) }
      }
      let writer = try JournalWriter(
        directory: Self.directory, storage: disk, instance: 1, durability: .power,
        segmentByteCount: 8192, onDurable: { _ in })
      _ = writer.epoch
      let all = states.withLock { $0 }
      state = all[Int(seed + UInt64(attempt)) % all.count]
    }
    var read: [Fact] = []
    let last = MemoryDisk.afterPowerCut(state, seed: 1)
    let tail = try JournalReader.read(directory: Self.directory, storage: last) { read.append($1) }
    #expect(tail.lastIndex >= cut.safeIndex)
    #expect(read == Array(facts.prefix(read.count)))
  }
}
