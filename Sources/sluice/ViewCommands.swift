internal import Foundation
internal import RouterService
internal import Wire

extension Command {
  static let replay = Command(
    name: "replay", summary: "captured market data through the same decoders and books",
    usage: ReplayCommand.usage, run: { words in ReplayCommand.run(arguments: words) })

  static let book = Command(
    name: "book", summary: "the consolidated ladder of a symbol",
    usage: """
      usage: sluice book SYMBOL [--depth N] [--once] [--json]

      Shows the merged books of all venues. In a terminal it stays live until interrupted.
        --depth N   levels a side (default 10)
        --once      print once and end, also in a terminal
        --json      the API's answer
      """,
    run: { words in
      let arguments = try Arguments(
        words, options: ["depth"], switches: ["once", "json"], maximumWords: 1)
      guard let symbol = arguments.words.first else {
        throw Arguments.Failure(description: "name a symbol, such as BTC-USD")
      }
      let depth = try arguments.integer("depth", 1...1000) ?? 10
      let client = try APIClient.fromEnvironment()
      let path = "/v1/books/\(PercentEncoding.encode(symbol))?depth=\(depth)"
      let isLive = isatty(1) == 1 && !arguments.has("once") && !arguments.has("json")
      repeat {
        let books = try client.get(path)
        if isLive { print("\u{1B}[H\u{1B}[2J", terminator: "") }
        print(
          arguments.has("json")
            ? String(decoding: books.serialized(), as: UTF8.self) : BookText.ladder(books))
        if isLive { Thread.sleep(forTimeInterval: 0.25) }
      } while isLive
      return ExitStatus.done
    })

  static let venues = Command(
    name: "venues", summary: "how each venue's connections stand",
    usage: """
      usage: sluice venues [--json]

      Shows of each venue its links, clock offset, how long orders take to it (50th and 99th
      percentile; ~ where it is assumed), what is left of its request budget, whether it is
      paused or in maintenance, and the last incident.
      """,
    run: { words in
      let arguments = try Arguments(words, options: [], switches: ["json"])
      let venues = try APIClient.fromEnvironment().get("/v1/venues")
      print(
        arguments.has("json")
          ? String(decoding: venues.serialized(), as: UTF8.self) : BookText.venues(venues))
      return ExitStatus.done
    })

  static let positions = Command(
    name: "positions", summary: "what our fills have changed, per venue and asset",
    usage: """
      usage: sluice positions [--json]

      The sum of all fills and fees since the journal began, exact.
      """,
    run: { words in
      let arguments = try Arguments(words, options: [], switches: ["json"])
      let positions = try APIClient.fromEnvironment().get("/v1/positions")
      print(
        arguments.has("json")
          ? String(decoding: positions.serialized(), as: UTF8.self) : BookText.positions(positions))
      return ExitStatus.done
    })

  static let halt = Command(
    name: "halt", summary: "stop all new orders at once",
    usage: "usage: sluice halt\n\nSets the kill switch; it stays set across restarts.",
    run: { words in
      _ = try Arguments(words, options: [])
      _ = try APIClient.fromEnvironment().post("/v1/halt")
      print("halted: no new order leaves; 'sluice resume' lifts it")
      return ExitStatus.done
    })

  static let resume = Command(
    name: "resume", summary: "lift the kill switch",
    usage: "usage: sluice resume\n\nLifts the kill switch that 'sluice halt' set.",
    run: { words in
      _ = try Arguments(words, options: [])
      _ = try APIClient.fromEnvironment().post("/v1/resume")
      print("resumed")
      return ExitStatus.done
    })
}
