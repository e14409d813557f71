internal import Foundation
internal import RouterService
internal import Wire

extension Command {
  static let latency = Command(
    name: "latency", summary: "how fast the venues are, and whether two runs differ",
    usage: LatencyCommand.usage + "\n\n" + LatencyPathCommand.usage,
    run: { words in try LatencyCommand.run(words) })
}

enum LatencyCommand {
  static let usage = """
    usage: sluice latency venues (--config FILE | --demo) [options]
           sluice latency path [options]
           sluice latency compare FIRST.hlog SECOND.hlog [--json]
           sluice latency merge FILE.hlog... --hlog OUT.hlog

    'venues' measures each venue of the settings side by side: TCP connect, TLS handshake, REST
    round trip, WebSocket ping to pong, feed lag by the venue's clock, and with --orders order to
    acknowledgement and cancel to confirmation. Requests start at fixed times whatever became of
    those before, and count from when they should have started (open loop).
      --config FILE    settings of the service (or set SLUICE_CONFIG); credentials are optional
      --demo           start the three simulated venues and measure those
      --venue NAME     only this venue; may be given again
      --seconds N      how long (default 30)
      --rate R         starts a second, of each kind, at each venue (default 2; live 1): a venue
                       counts them against its limits
      --in-flight N    requests of a kind that may be under way (default 4)
      --orders         tiny orders far from the touch, cancelled at once, at a quarter of the rate;
                       refused in mode live
      --force          with --orders in mode live: orders that the venue checks and never trades,
                       where it has them; never others
      --hlog FILE      write all intervals for HdrHistogram's tools and for 'compare'
      --json           for programs; times in nanoseconds

    'path' measures the router's own way instead; see below.

    'compare' reads two such logs, of ours or of any HdrHistogram tool, and says tag by tag what
    differs beyond noise. 'merge' adds logs tag by tag and writes one line for each tag.

    exit status: 0 done, 1 a venue was not reached or an order was left, 2 usage or settings,
    3 refused, 4 no venue could be reached
    """

  static func run(_ words: [String]) throws -> Int32 {
    let rest = Array(words.dropFirst())
    switch words.first {
    case "venues": return try venues(rest)
    case "compare": return try compare(rest)
    case "merge": return try merge(rest)
    case "path": return try LatencyPathCommand.run(rest)
    case let other?:
      throw Arguments.Failure(description: "'\(other)' is not one of venues, path, compare, merge")
    case nil: throw Arguments.Failure(description: "say what: venues, path, compare, merge")
    }
  }

  // MARK: venues

  private static func venues(_ words: [String]) throws -> Int32 {
    let (names, rest) = try takeVenues(words)
    let arguments = try Arguments(
      rest, options: ["config", "seconds", "rate", "in-flight", "hlog"],
      switches: ["demo", "orders", "force", "json"])
    guard arguments.has("demo") else {
      let named = arguments["config"] ?? ProcessInfo.processInfo.environment["SLUICE_CONFIG"]
      guard let file = named else {
        throw Arguments.Failure(
          description: "--config is missing (or set SLUICE_CONFIG, or try --demo)")
      }
      return try measure(try SettingsFile.load(file), names, arguments)
    }
    guard arguments["config"] == nil else {
      throw Arguments.Failure(description: "--demo has settings of its own, so no --config")
    }
    let directory = try DemoDirectory(nil)
    defer { directory.removeIfTemporary() }
    return try MeasuringDemo.run(directory: directory.path, seed: 1) { settings in
      try measure(settings, names, arguments)
    }
  }

  private static func measure(
    _ settings: ServiceSettings, _ names: [String], _ arguments: Arguments
  ) throws -> Int32 {
    let options = try options(arguments, names, mode: settings.mode)
    let stop = VenueLatencyRun.StopFlag()
    let signals = EndSignals { stop.set() }
    defer { signals.cancel() }
    let isTerminal = isatty(2) == 1
    let report = try VenueLatencyRun.run(
      settings: settings, options: options, stop: stop,
      progress: { progress in
        guard isTerminal else { return }
        let words = "\(progress.seconds) of \(progress.ofSeconds) s, \(progress.answered) answers"
        FileHandle.standardError.write(Data("\r\u{1B}[K\(words)".utf8))
      }, note: { complain("sluice latency: \($0)") })
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    if let file = arguments["hlog"] { try write(report.log, to: file) }
    print(arguments.has("json") ? report.json : report.text)
    return report.exitStatus
  }

  private static func options(
    _ arguments: Arguments, _ names: [String], mode: ServiceSettings.Mode
  ) throws -> MeasuringOptions {
    var options = MeasuringOptions()
    options.venues = names
    if mode == .live { options.rate = 1 }
    if let seconds = try arguments.integer("seconds", 1...86_400) { options.seconds = seconds }
    if let limit = try arguments.integer("in-flight", 1...64) { options.inFlight = limit }
    if let text = arguments["rate"] {
      guard let rate = Double(text), rate >= 0.1, rate <= 1000 else {
        throw Arguments.Failure(description: "--rate must be from 0.1 to 1000, not '\(text)'")
      }
      options.rate = rate
    }
    if arguments.has("orders") {
      options.orders = try .allowed(in: mode, isForced: arguments.has("force"))
    }
    if mode != .simulated && options.rate > 2 {
      complain(
        "sluice latency: more than 2 of each kind a second count against the venue's limits, which"
          + " may ban this address")
    }
    return options
  }

  private static func write(_ log: HistogramLog, to file: String) throws {
    do {
      try Data(log.text()).write(to: URL(fileURLWithPath: file))
    } catch {
      throw MeasuringError.system("\(file) can not be written: \(error.localizedDescription)")
    }
  }

  /// `--venue` may be given again, which no other option may.
  private static func takeVenues(
    _ words: [String]
  ) throws -> (names: [String], rest: [String]) {
    var (names, rest): ([String], [String]) = ([], [])
    var remaining = words[...]
    while let word = remaining.popFirst() {
      if word.hasPrefix("--venue=") {
        names.append(String(word.dropFirst(8)))
      } else if word == "--venue" {
        guard let name = remaining.popFirst() else {
          throw Arguments.Failure(description: "--venue needs a value")
        }
        names.append(name)
      } else {
        rest.append(word)
      }
    }
    return (names, rest)
  }

  // MARK: compare

  private static func compare(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: [], switches: ["json"], maximumWords: 2)
    guard arguments.words.count == 2 else {
      throw Arguments.Failure(description: "name two .hlog files, the earlier one first")
    }
    let comparison = RunComparison(
      try read(arguments.words[0]), try read(arguments.words[1]))
    guard !comparison.tags.isEmpty else {
      throw MeasuringError.usage(
        "the logs have no tag in common: "
          + "\(comparison.onlyBefore.joined(separator: ", ")) in the first, "
          + "\(comparison.onlyAfter.joined(separator: ", ")) in the second")
    }
    print(arguments.has("json") ? comparison.json : comparison.text)
    return ExitStatus.done
  }

  private static func merge(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: ["hlog"], maximumWords: 1000)
    guard !arguments.words.isEmpty else {
      throw Arguments.Failure(description: "name the .hlog files to merge")
    }
    try write(
      HistogramLog(merging: try arguments.words.map(read)), to: try arguments.required("hlog"))
    return ExitStatus.done
  }

  private static func read(_ file: String) throws -> HistogramLog {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw MeasuringError.usage("\(file) does not exist or can not be read")
    }
    do throws(HistogramError) {
      return try HistogramLog.parse(Array(data))
    } catch {
      throw MeasuringError.usage("\(file) is no log of histograms: \(error)")
    }
  }
}
