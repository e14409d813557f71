import CAllocationCounter
import Foundation
import Journal
import Platform
import RouterCore
import RouterService
import Synchronization

/// The journal on a real disk, in the directory of temporary files: `TMPDIR` chooses it.
enum JournalBenchmarks {
  private static let factsPerSecond = 50_000

  static func run(_ benchmarker: inout Benchmarker) throws {
    if benchmarker.wants("journal/append") {
      try append(&benchmarker, factsPerCommit: 1)
      try append(&benchmarker, factsPerCommit: 8)
    }
    if benchmarker.wants("journal/sustained") { try sustain(&benchmarker) }
    if benchmarker.wants("journal/recover") || benchmarker.wants("journal/snapshot") {
      try recover(&benchmarker)
    }
    digest(&benchmarker)
  }

  private static func inDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-benchmark-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private static func facts(_ count: Int) -> [Fact] {
    let history = JournalHistory()
    var facts = history.settings
    var parent: UInt64 = 0
    while facts.count < count {
      parent += 1
      history.parent(parent) { facts.append($0) }
    }
    return Array(facts.prefix(count))
  }

  // What the core thread pays: facts into the batch, one write, the hash, a signal to the syncer.

  private static func append(_ benchmarker: inout Benchmarker, factsPerCommit: Int) throws {
    let facts = facts(10_000)
    try inDirectory { path in
      let writer = try JournalWriter(
        directory: path, instance: 1, durability: .power, onDurable: { _ in })
      var next = 0
      benchmarker.measure(
        "journal/append-commit/\(factsPerCommit)", calls: 100_000,
        prepare: { _ in pause(microseconds: 20) }
      ) { _ in
        for _ in 0..<factsPerCommit {
          _ = try? writer.append(facts[next % facts.count])
          next += 1
        }
        try? writer.commit()
        return writer.writtenIndex
      }
      try writer.close()
    }
  }

  /// A core thread has other things to do between two commits.
  private static func pause(microseconds: UInt64) {
    let end = benchmark_clock_nanoseconds() + microseconds * 1000
    while benchmark_clock_nanoseconds() < end {}
  }

  /// Times when a fact was appended and when it was safe.
  private final class Times: Sendable {
    private let waiting = Mutex<[(index: UInt64, at: UInt64)]>([])
    private let latencies = Mutex<[Double]>([])

    func note(_ index: UInt64) {
      let now = benchmark_clock_nanoseconds()
      waiting.withLock { $0.append((index, now)) }
    }

    func safe(_ index: UInt64) {
      let now = benchmark_clock_nanoseconds()
      let starts = waiting.withLock { waiting in
        let count = waiting.firstIndex { $0.index > index } ?? waiting.count
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map(\.at)
      }
      latencies.withLock { $0 += starts.map { Double(now - $0) } }
    }

    var all: [Double] { latencies.withLock { $0 } }
  }

  /// Fifty thousand facts a second in a hundred commits each tenth of a second.
  private static func sustain(_ benchmarker: inout Benchmarker) throws {
    let seconds = benchmarker.isQuick ? 1 : 10
    let facts = facts(10_000)
    try inDirectory { path in
      let times = Times()
      let writer = try JournalWriter(
        directory: path, instance: 1, durability: .power, onDurable: { times.safe($0) })
      let commits = seconds * 1000
      let factsPerCommit = factsPerSecond / 1000
      let start = benchmark_clock_nanoseconds()
      var onCore: [Double] = []
      var next = 0
      for commit in 0..<commits {
        while benchmark_clock_nanoseconds() < start + UInt64(commit) * 1_000_000 {}
        let begin = benchmark_clock_nanoseconds()
        for _ in 0..<factsPerCommit {
          try writer.append(facts[next % facts.count])
          next += 1
        }
        times.note(UInt64(next))
        try writer.commit()
        onCore.append(Double(benchmark_clock_nanoseconds() - begin) / Double(factsPerCommit))
      }
      let elapsed = Double(benchmark_clock_nanoseconds() - start) / 1e9
      try writer.close()
      benchmarker.record("journal/sustained/core-per-fact", samples: onCore, batch: factsPerCommit)
      benchmarker.record("journal/sustained/durable", samples: times.all)
      benchmarker.record(
        "journal/sustained/1s-per-facts", samples: [elapsed * 1e9 / Double(next)])
    }
  }

  // Recovery.

  private static func recover(_ benchmarker: inout Benchmarker) throws {
    let count = benchmarker.isQuick ? 50_000 : 1_000_000
    try inDirectory { path in
      try write(count, to: path)
      let configuration = CoreConfiguration(instance: 1)
      var samples: [Double] = []
      var reading: [Double] = []
      for _ in 0..<5 {
        let start = benchmark_clock_nanoseconds()
        let state = try RecoveredState(directory: path, configuration: configuration)
        samples.append(Double(benchmark_clock_nanoseconds() - start))
        benchmark_sink(UInt64(state.journal.factCount))
        let middle = benchmark_clock_nanoseconds()
        _ = try JournalReader.read(directory: path) { _, _ in }
        reading.append(Double(benchmark_clock_nanoseconds() - middle))
      }
      benchmarker.record("journal/recover/\(count)", samples: samples)
      benchmarker.record("journal/recover/\(count)/verify-and-decode", samples: reading)
      try snapshot(path, count, configuration, &benchmarker)
    }
  }

  private static func snapshot(
    _ path: String, _ count: Int, _ configuration: CoreConfiguration,
    _ benchmarker: inout Benchmarker
  ) throws {
    var retention = JournalRetention()
    retention.snapshotByteCount = 1
    let keeper = try JournalKeeper(
      directory: path, configuration: configuration, retention: retention)
    let start = benchmark_clock_nanoseconds()
    try keeper.keep()
    benchmarker.record(
      "journal/snapshot/\(count)/make", samples: [Double(benchmark_clock_nanoseconds() - start)])
    var samples: [Double] = []
    for _ in 0..<5 {
      let start = benchmark_clock_nanoseconds()
      let state = try RecoveredState(directory: path, configuration: configuration)
      samples.append(Double(benchmark_clock_nanoseconds() - start))
      benchmark_sink(UInt64(state.journal.factCount))
    }
    benchmarker.record("journal/snapshot/\(count)/recover", samples: samples)
  }

  private static func write(_ count: Int, to path: String) throws {
    for part in 0..<2 {
      let writer = try JournalWriter(
        directory: path, instance: 1, durability: .process, onDurable: { _ in })
      let history = JournalHistory()
      let parents = UInt64(count / JournalHistory.factsPerParent)
      if part == 0 {
        for fact in history.settings { try writer.append(fact) }
        for number in 1...parents {
          var facts: [Fact] = []
          history.parent(number) { facts.append($0) }
          for fact in facts { try writer.append(fact) }
          if number % 50 == 0 { try writer.commit() }
        }
      }
      try writer.close()
    }
  }

  // The parts of verifying.

  private static func digest(_ benchmarker: inout Benchmarker) {
    let bytes = [UInt8](repeating: 0xA5, count: 1 << 20)
    let digest = RunningDigest()
    benchmarker.measure("journal/sha256/1MiB", calls: 400) { _ in
      digest.add(bytes)
      return 0
    }
    benchmarker.measure("journal/crc32c/1MiB", calls: 400) { _ in
      unsafe bytes.withUnsafeBytes { unsafe UInt64(Checksum.crc32c($0)) }
    }
  }
}
