internal import Dispatch
internal import Foundation
internal import RouterService

extension Command {
  static let version = Command(
    name: "version", summary: "print the version",
    usage: "usage: sluice version\n\nPrints the version.",
    run: { words in
      _ = try Arguments(words, options: [])
      print("sluice \(Sluice.version)")
      return ExitStatus.done
    })

  static let run = Command(
    name: "run", summary: "run the service",
    usage: """
      usage: sluice run --config FILE [--until-stdin-closes]

      Runs the router until it is interrupted. FILE is JSON5; see config/. Without --config the
      file that SLUICE_CONFIG names is used.
        --until-stdin-closes  end in order when standard input does
      exit status: 0 ended by a signal, 1 the service could not go on, 2 settings or secrets
      """,
    run: { words in
      let arguments = try Arguments(
        words, options: ["config"], switches: ["until-stdin-closes"])
      let named = arguments["config"] ?? ProcessInfo.processInfo.environment["SLUICE_CONFIG"]
      guard let file = named else {
        throw Arguments.Failure(description: "--config is missing (or set SLUICE_CONFIG)")
      }
      let service = RouterService(
        settings: try SettingsFile.load(file), version: Sluice.version)
      let signals = EndSignals { service.requestStop() }
      if arguments.has("until-stdin-closes") {
        VenueCommand.whenStandardInputCloses { service.requestStop() }
      }
      try service.start()
      say("sluice \(Sluice.version) serves on \(service.url)")
      let failure = service.wait()
      service.stop()
      signals.cancel()
      guard let failure else { return ExitStatus.done }
      complain("sluice run: \(failure)")
      return ExitStatus.failed
    })

  static let demo = Command(
    name: "demo", summary: "three simulated venues, one router, real orders, one crash",
    usage: """
      usage: sluice demo [--directory DIR] [--seed N] [--serve]

      Starts three simulated venues on loopback, each a process of its own, and a router against
      them; routes orders of several sizes on three symbols, kills one venue on the way, and
      compares all balances with the router's positions.
        --directory DIR  keep venues' and router's state there (default: a temporary folder)
        --seed N         another market
        --serve          afterwards, keep everything running until interrupted
      exit status: 0 only if everything held
      """,
    run: { words in
      let arguments = try Arguments(words, options: ["directory", "seed"], switches: ["serve"])
      let seed = try arguments.integer("seed", 0...Int(Int32.max)) ?? 1
      let directory = try DemoDirectory(arguments["directory"])
      defer { directory.removeIfTemporary() }
      let demo = try Demo(
        directory: directory.path, seed: UInt64(seed), version: Sluice.version,
        say: say)
      try demo.run { url, token in
        say("\neverything held.")
        guard arguments.has("serve") else { return }
        say("the router still serves; in another terminal:")
        say("  export SLUICE_URL=\(url) SLUICE_TOKEN=\(token)")
        say("  sluice book BTC-USD")
        let gate = DispatchSemaphore(value: 0)
        let signals = EndSignals { gate.signal() }
        gate.wait()
        signals.cancel()
      }
      return ExitStatus.done
    })
}

/// Calls a handler at the first SIGINT or SIGTERM instead of dying.
final class EndSignals {
  private var sources: [any DispatchSourceSignal] = []

  init(_ handler: @escaping @Sendable () -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: handler)
      source.resume()
      sources.append(source)
    }
  }

  func cancel() {
    for source in sources { source.cancel() }
  }
}

/// The folder of a demonstration.
struct DemoDirectory {
  let path: String
  private let isTemporary: Bool

  init(_ named: String?) throws {
    isTemporary = named == nil
    let name = "sluice-demo-\(ProcessInfo.processInfo.processIdentifier)"
    path =
      named.map { URL(fileURLWithPath: $0).path }
      ?? FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func removeIfTemporary() {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }
}
