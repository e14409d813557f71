internal import Foundation
internal import Simulator

extension Command {
  static let simulate = Command(
    name: "simulate", summary: "play histories of faults in virtual time and check them",
    usage: """
      usage: sluice simulate [--seeds N|A-B] [--seed S] [--faults MIX] [--steps N] [--jobs N]
                             [--wire] [--json] [--keep-going] [--no-shrink] [--output DIR]
             sluice simulate --replay FILE [--json]
             sluice simulate --soak FILE --seeds A-B [--report FILE] [--steps N] [--jobs N] [--wire]

      Each seed draws a history: orders, cancels, markets and faults of venues, network, disk and
      the router itself. The real core, order of effects and journal format run in virtual time
      against model venues; every invariant of docs/reliability.md is checked after every event.
        --seeds N|A-B   N histories from --seed on (default 1000), or those of seeds A to B
        --seed S        the first seed (default 1)
        --faults MIX    swarm (default: each seed draws its own), none, or NAME=PROBABILITY,...
        --steps N       operations in a history (default 60)
        --jobs N        threads (default: one a core)
        --wire          real adapters against the simulated venues' own protocols, over a network
                        that fails, instead of model venues
        --keep-going    do not stop at the first broken invariant
        --no-shrink     do not look for the shortest history that breaks it
        --output DIR    where to write it (default: the current directory)
        --replay FILE   play a history that was written so
        --soak FILE     go on where FILE says that the last run ended; Ctrl-C loses nothing
        --report FILE   add the totals of each ten thousand seeds to FILE

      A broken invariant is named with its seed, the shortest history that was found, and the
      command that plays it again.
      exit status: 0 all hold, 1 one is broken, 2 usage
      """,
    run: { words in
      var options = [
        "seeds", "seed", "faults", "steps", "jobs", "replay", "soak", "report", "output",
      ]
      var switches = ["json", "keep-going", "no-shrink", "wire"]
      #if MUTATIONS
        options.append("mutation")
        switches.append("list-mutations")
      #endif
      let arguments = try Arguments(words, options: options, switches: switches)
      #if MUTATIONS
        if arguments.has("list-mutations") {
          for name in MutationChoice.names { say(name) }
          return ExitStatus.done
        }
        if let name = arguments["mutation"], !MutationChoice.choose(name) {
          throw Arguments.Failure(description: "there is no mutation '\(name)'")
        }
      #endif
      if let file = arguments["replay"] { return try SimulateCommand.replay(file, arguments) }
      if let file = arguments["soak"] { return try SimulateCommand.soak(file, arguments) }
      return try SimulateCommand.run(arguments)
    })
}

enum SimulateCommand {
  static func run(_ arguments: Arguments) throws -> Int32 {
    let campaign = try campaign(arguments)
    let outcome = campaign.run(progress: progress(arguments))
    report(outcome, arguments)
    guard let failure = outcome.failures.first else { return ExitStatus.done }
    explain(failure, campaign, arguments)
    return ExitStatus.failed
  }

  static func replay(_ file: String, _ arguments: Arguments) throws -> Int32 {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let script = Script(text: text)
    else { throw Arguments.Failure(description: "'\(file)' is no history") }
    let result = History.play(script)
    let seconds = Double(result.totals.virtualNanoseconds) / 1e9
    say("\(script.operations.count) operations, \(result.totals.events) events, \(seconds) s")
    guard let violation = result.violation else {
      say("every invariant holds")
      return ExitStatus.done
    }
    say("broken: \(violation)")
    return ExitStatus.failed
  }

  /// Ranges of seeds, one after the other, with a file that names the next.
  static func soak(_ file: String, _ arguments: Arguments) throws -> Int32 {
    var campaign = try campaign(arguments)
    let last = campaign.seeds.upperBound
    var state = SoakState(file: file) ?? SoakState(next: campaign.seeds.lowerBound)
    while state.next <= last {
      campaign.seeds = state.next...min(state.next + SoakState.chunk - 1, last)
      let outcome = campaign.run(progress: progress(arguments))
      if let failure = outcome.failures.first {
        report(outcome, arguments)
        explain(failure, campaign, arguments)
        return ExitStatus.failed
      }
      state.add(outcome, through: campaign.seeds.upperBound)
      try state.store(in: file)
      if let report = arguments["report"] {
        try SoakState.append(outcome.line(of: campaign.seeds), to: report)
      }
      complain(state.description)
    }
    say(state.description)
    return ExitStatus.done
  }

  // MARK: Options

  private static func campaign(_ arguments: Arguments) throws(Arguments.Failure) -> Campaign {
    var faults: FaultMix?
    if let text = arguments["faults"], text != "swarm" {
      guard let mix = FaultMix(text) else {
        let names = Fault.allCases.map(\.name).joined(separator: ", ")
        throw Arguments.Failure(
          description: "--faults is swarm, none or NAME=PROBABILITY,... with names of: \(names)")
      }
      faults = mix
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return Campaign(
      seeds: try seeds(arguments), steps: try arguments.integer("steps", 1...100_000) ?? 60,
      jobs: try arguments.integer("jobs", 1...256) ?? cores, faults: faults,
      venueKind: arguments.has("wire") ? .wire : .model, keepsGoing: arguments.has("keep-going"))
  }

  private static func seeds(
    _ arguments: Arguments
  ) throws(Arguments.Failure) -> ClosedRange<UInt64> {
    let first = UInt64(try arguments.integer("seed", 0...Int.max / 2) ?? 1)
    let text = arguments["seeds"] ?? "1000"
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    if parts.count == 1, let count = UInt64(text), count > 0, count < 1 << 60 {
      return first...(first + count - 1)
    }
    if parts.count == 2, let low = UInt64(parts[0]), let high = UInt64(parts[1]), low <= high {
      return low...high
    }
    throw Arguments.Failure(description: "--seeds is a number or FIRST-LAST, not '\(text)'")
  }

  // MARK: Telling

  private static func progress(_ arguments: Arguments) -> (@Sendable (UInt64, Double) -> Void)? {
    guard isatty(STDERR_FILENO) == 1, !arguments.has("json") else { return nil }
    return { done, rate in
      FileHandle.standardError.write(
        Data("\r\(done) histories, \(Int(rate)) a second ".utf8))
    }
  }

  private static func report(_ outcome: Campaign.Outcome, _ arguments: Arguments) {
    guard arguments.has("json") else { return say(outcome.description) }
    say(outcome.json)
  }

  private static func explain(
    _ failure: Campaign.Failure, _ campaign: Campaign, _ arguments: Arguments
  ) {
    complain("seed \(failure.script.seed): broken \(failure.violation)")
    guard !arguments.has("no-shrink") else { return }
    var shrinker = Shrinker(failure.script, failure.violation)
    shrinker.run()
    let directory = arguments["output"] ?? "."
    let file = "\(directory)/history-\(failure.script.seed).txt"
    complain("shortest history found: \(shrinker.script.operations.count) operations")
    complain(shrinker.script.text)
    complain("it breaks \(shrinker.violation)")
    do {
      try shrinker.script.text.write(toFile: file, atomically: true, encoding: .utf8)
      complain("play it again: sluice simulate --replay \(file)")
    } catch {
      complain("\(file) can not be written: \(error)")
    }
    complain(
      "the whole one: sluice simulate --seeds \(failure.script.seed)-\(failure.script.seed)"
        + " --steps \(campaign.steps) --faults \(arguments["faults"] ?? "swarm")"
        + (campaign.venueKind == .wire ? " --wire" : ""))
  }
}
