import CAllocationCounter

/// Runs benchmarks one after the other and keeps what it measures.
///
/// A sample is one call, or the mean of a batch where a call takes less than the counter's own
/// step of about 10 ns. The cost of reading the counter is taken off.
struct Benchmarker {
  let filter: String
  let isQuick: Bool
  private(set) var measurements: [Measurement] = []
  private let nanosecondsPerTick: Double
  private let emptyTicks: UInt64
  private let announce: (String) -> Void

  init(filter: String, isQuick: Bool, announce: @escaping (String) -> Void) {
    self.filter = filter
    self.isQuick = isQuick
    self.announce = announce
    nanosecondsPerTick = Self.calibrate()
    emptyTicks = Self.measureEmptyPair()
  }

  /// The plain C version of a benchmark belongs to it.
  func wants(_ name: String) -> Bool {
    name.hasPrefix(filter) || name.hasPrefix("c/\(filter)")
  }

  /// Adds the nodes of the searches that the measurement of this name has done.
  mutating func note(_ name: String, nodes: [Int]) {
    guard let index = measurements.lastIndex(where: { $0.name == name }), !nodes.isEmpty else {
      return
    }
    measurements[index].meanNodes = Double(nodes.reduce(0, +)) / Double(nodes.count)
    measurements[index].maximumNodes = nodes.max()
  }

  /// Measures `body`, which is given the number of the call and does `batch` operations.
  ///
  /// Inputs should differ from call to call, or the branch predictor learns them. `prepare` runs
  /// before each call and is not timed.
  @inline(__always)
  mutating func measure(
    _ name: String, calls: Int, batch: Int = 1, prepare: (Int) -> Void = { _ in },
    _ body: (Int) -> UInt64
  ) {
    guard wants(name) else { return }
    announce(name)
    let calls = isQuick ? max(200, calls / 20) : calls
    let warmUp = max(100, calls / 10)
    for call in 0..<warmUp {
      prepare(call)
      benchmark_sink(body(call))
    }
    let allocations = countAllocations(calls: min(1000, calls), prepare: prepare, body)
    var ticks = [UInt64](repeating: 0, count: calls)
    for call in 0..<calls {
      prepare(call)
      let start = benchmark_ticks_begin()
      let result = body(call)
      let end = benchmark_ticks_end()
      benchmark_sink(result)
      ticks[call] = end &- start
    }
    record(name, ticks, batch: batch, allocations: allocations / Double(batch))
  }

  /// Allocations of one call of `body`, those of `prepare` left out.
  @inline(__always)
  private func countAllocations(
    calls: Int, prepare: (Int) -> Void, _ body: (Int) -> UInt64
  ) -> Double {
    var total: UInt64 = 0
    for call in 0..<calls {
      prepare(call)
      let before = benchmark_allocation_count()
      benchmark_sink(body(call))
      total += benchmark_allocation_count() - before
    }
    return Double(total) / Double(calls)
  }

  /// Adds a measurement that was timed elsewhere, in nanoseconds.
  mutating func record(
    _ name: String, samples: [Double], batch: Int = 1, allocations: Double = 0
  ) {
    guard !samples.isEmpty else { return }
    measurements.append(
      Measurement(
        name, samples: samples, operationsPerSample: batch, allocationsPerOperation: allocations))
  }

  private mutating func record(
    _ name: String, _ ticks: [UInt64], batch: Int, allocations: Double
  ) {
    let samples = ticks.map { count in
      Double(count > emptyTicks ? count - emptyTicks : 0) * nanosecondsPerTick / Double(batch)
    }
    measurements.append(
      Measurement(
        name, samples: samples, operationsPerSample: batch, allocationsPerOperation: allocations))
  }

  private static func calibrate() -> Double {
    let startTicks = benchmark_ticks_begin()
    let start = benchmark_clock_nanoseconds()
    while benchmark_clock_nanoseconds() - start < 100_000_000 {}
    let ticks = benchmark_ticks_end() - startTicks
    return Double(benchmark_clock_nanoseconds() - start) / Double(ticks)
  }

  private static func measureEmptyPair() -> UInt64 {
    let samples = (0..<10_000).map { _ in
      let start = benchmark_ticks_begin()
      return benchmark_ticks_end() - start
    }
    return samples.sorted()[samples.count / 2]
  }
}
