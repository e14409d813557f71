internal import Foundation
internal import RouterService

/// `sluice latency path`.
enum LatencyPathCommand {
  static let usage = """
    usage: sluice latency path [--config FILE] [--rate N] [--seconds N] [--warm-up N]
           [--symbols A,B] [--durability process|power] [--busy-polling] [--json] [--hlog FILE]

    Measures the router's own way, stage by stage: starts three simulated venues, each a process
    of its own, and a router in this one; sends small market orders at fixed intended times over
    HTTP, and shows how long every stage took.
      --config FILE      a router with these settings instead (mode 'simulated' only; its venues
                         must be running); --durability and --busy-polling are the file's then
      --rate N           orders a second (50)
      --seconds N        how long to measure (10), after --warm-up N seconds (2)
      --symbols A,B      which symbols in turn (BTC-USD,ETH-USD,SOL-USD)
      --durability D     process (default) or power: when an order may leave
      --busy-polling     the core's thread never sleeps
      --json             figures in nanoseconds instead of a table
      --hlog FILE        also write all histograms there, for HdrHistogram's tools
    exit status: 0 measured, 1 it failed or orders were refused, 2 usage or settings, 3 refused
    """

  static func run(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(
      words,
      options: ["config", "rate", "seconds", "warm-up", "symbols", "durability", "hlog"],
      switches: ["json", "busy-polling"])
    let isQuiet = arguments.has("json")
    let measurement = PathMeasurement(
      options: try options(arguments), version: Sluice.version
    ) { if !isQuiet { complain($0) } }
    do {
      let report = try measure(measurement, arguments)
      if let file = arguments["hlog"] {
        try Data(report.log).write(to: URL(fileURLWithPath: file))
      }
      say(isQuiet ? String(decoding: report.json, as: UTF8.self) : report.text)
      return report.isComplete ? ExitStatus.done : ExitStatus.failed
    } catch let refusal as PathRefusal {
      complain("sluice latency path: \(refusal)")
      return ExitStatus.refused
    }
  }

  private static func measure(
    _ measurement: PathMeasurement, _ arguments: Arguments
  ) throws -> PathReport {
    if let file = arguments["config"] {
      return try measurement.run(settings: try SettingsFile.load(file))
    }
    let directory = try DemoDirectory(nil)
    defer { directory.removeIfTemporary() }
    return try measurement.run(directory: directory.path)
  }

  private static func options(_ arguments: Arguments) throws -> PathMeasurement.Options {
    var options = PathMeasurement.Options()
    options.ordersPerSecond = try arguments.integer("rate", 1...20_000) ?? 50
    options.seconds = try arguments.integer("seconds", 1...3600) ?? 10
    options.warmUpSeconds = try arguments.integer("warm-up", 0...600) ?? 2
    options.busyPolling = arguments.has("busy-polling")
    if let symbols = arguments["symbols"] {
      options.symbols = symbols.split(separator: ",").map(String.init)
      guard !options.symbols.isEmpty else {
        throw Arguments.Failure(description: "--symbols must name at least one, such as BTC-USD")
      }
    }
    if let durability = arguments["durability"] {
      guard ["process", "power"].contains(durability) else {
        throw Arguments.Failure(description: "--durability must be process or power")
      }
      options.durability = durability
    }
    return options
  }
}
