import CAllocationCounter
import Foundation

/// The benchmarks' command line.
enum BenchmarkCommand {
  private static let usage = """
    usage: RouterBenchmarks [--filter PREFIX] [--quick] [--json FILE]

      --filter PREFIX  only benchmarks whose name begins so
      --quick          a twentieth of the calls, for checks of the allocation counts
      --json FILE      also write the measurements to FILE
    """

  private struct Arguments {
    var filter = ""
    var isQuick = false
    var jsonPath: String?
  }

  static func run(_ arguments: [String]) -> Int32 {
    guard let arguments = parse(arguments) else {
      say(usage)
      return 2
    }
    #if DEBUG
      say("this is a debug build: its times mean nothing")
    #endif
    let isTerminal = isatty(STDERR_FILENO) == 1
    var benchmarker = Benchmarker(filter: arguments.filter, isQuick: arguments.isQuick) { name in
      if isTerminal { write("\r\u{1B}[K\(name)") }
    }
    // Not pinned: threads that are started then would have to share the processor.
    do {
      try JournalBenchmarks.run(&benchmarker)
    } catch {
      say("the journal's benchmarks failed: \(error)")
      return 1
    }
    do {
      try EndToEndBenchmarks.run(&benchmarker)
      try LoadBenchmarks.run(&benchmarker)
      try OverloadBenchmarks.run(&benchmarker)
    } catch {
      say("the benchmarks over loopback failed: \(error)")
      return 1
    }
    if benchmark_pin_to_processor() != 0 { say("the thread could not be pinned") }
    BookBenchmarks.run(&benchmarker)
    HistogramBenchmarks.run(&benchmarker)
    PlanBenchmarks.run(&benchmarker)
    DecodeBenchmarks.run(&benchmarker)
    EncodeBenchmarks.run(&benchmarker)
    StageBenchmarks.run(&benchmarker)
    ScalingBenchmarks.run(&benchmarker)
    let rows = HeadToHead.run(&benchmarker)
    let patience = PatienceComparison.run(
      filter: arguments.filter, isQuick: arguments.isQuick)
    if isTerminal { write("\r\u{1B}[K") }
    guard !benchmarker.measurements.isEmpty || !patience.isEmpty else {
      say("no benchmark begins with \(arguments.filter)")
      return 2
    }
    if !benchmarker.measurements.isEmpty {
      print(BenchmarkReport.table(benchmarker.measurements))
    }
    if !patience.isEmpty { print("\n\(PatienceComparison.table(patience))") }
    if !rows.isEmpty {
      print("\n\(HeadToHeadReport.table(rows))")
      if let reason = HeadToHead.missingCaptures { print(reason) }
    }
    return save(BenchmarkReport.json(benchmarker.measurements, rows), arguments.jsonPath)
  }

  private static func save(_ json: [UInt8], _ path: String?) -> Int32 {
    guard let path else { return 0 }
    do {
      try Data(json).write(to: URL(fileURLWithPath: path))
      return 0
    } catch {
      say("\(path): \(error.localizedDescription)")
      return 1
    }
  }

  private static func parse(_ arguments: [String]) -> Arguments? {
    var result = Arguments()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--quick": result.isQuick = true
      case "--filter":
        guard let value = rest.popFirst() else { return nil }
        result.filter = value
      case "--json":
        guard let value = rest.popFirst() else { return nil }
        result.jsonPath = value
      default: return nil
      }
    }
    return result
  }

  private static func say(_ text: String) { write(text + "\n") }

  private static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
