internal import Foundation
internal import SimulatedVenues

extension Command {
  static let venue = Command(
    name: "venue", summary: "one simulated venue, for any client",
    usage: """
      usage: sluice venue NAME [options]

      Serves a simulated venue on loopback that speaks the protocol of NAME
      (\(VenueProfiles.all.map(\.name).joined(separator: ", "))), with signatures, filters, limits,
      balances and a moving market, until it is interrupted.
        --port N            REST and WebSocket, over TLS (default: the venue's own; 0: any)
        --admin-port N      faults and state, plain HTTP (default: the venue's own; 0: any)
        --certificates DIR  where the test authority is or is to be written
                            (default .sluice/certificates; clients trust DIR/ca.pem)
        --credentials DIR   where the API key is or is to be written: NAME.json, and one value a
                            file in NAME.key, NAME.secret and NAME.passphrase
                            (default .sluice/credentials)
        --state DIR         keep orders, fills and balances there over restarts (default: memory)
        --seed N            another market; venues with the same seed agree on prices
        --taker-fee-bps F, --maker-fee-bps F  the accounts' fee rates (default: the venue's own
                            public schedule)
        --clock-offset-ms N how far the venue's clock is ahead
        --no-rate-limits    count requests but never refuse them
        --no-market         leave the books to the clients
        --plain             without TLS
        --ready-file FILE   write the ports there when it serves
        --until-stdin-closes  end when standard input does

      POST /faults on the admin port arms faults, GET /state tells what the venue holds; see
      docs/simulated-venues.md.
      """,
    run: { words in
      let arguments = try Arguments(
        words,
        options: [
          "port", "admin-port", "certificates", "credentials", "state", "seed", "clock-offset-ms",
          "ready-file", "taker-fee-bps", "maker-fee-bps",
        ], switches: ["no-rate-limits", "no-market", "plain", "until-stdin-closes"],
        maximumWords: 1)
      let options = try VenueCommand.options(arguments)
      if arguments.has("until-stdin-closes") {
        VenueCommand.whenStandardInputCloses { exit(ExitStatus.done) }
      }
      try VenueServer.run(options) { server in
        VenueCommand.announce(server, options, readyFile: arguments["ready-file"])
      }
      return ExitStatus.done
    })
}

enum VenueCommand {
  static func options(_ arguments: Arguments) throws -> VenueServerOptions {
    let known = VenueProfiles.all.map(\.name).joined(separator: ", ")
    guard let name = arguments.words.first else {
      throw Arguments.Failure(description: "name a venue: \(known)")
    }
    guard let profile = VenueProfiles.named(name) else {
      throw Arguments.Failure(description: "'\(name)' is not simulated; known are \(known)")
    }
    var options = VenueServerOptions(profile: profile)
    if let port = try arguments.integer("port", 0...65535) { options.port = port }
    if let port = try arguments.integer("admin-port", 0...65535) { options.adminPort = port }
    if let seed = try arguments.integer("seed", 0...Int.max) { options.seed = UInt64(seed) }
    if let offset = try arguments.integer("clock-offset-ms", -86_400_000...86_400_000) {
      options.clockOffsetMilliseconds = Int64(offset)
    }
    if let taker = arguments["taker-fee-bps"] {
      let maker = arguments["maker-fee-bps"] ?? taker
      guard options.setFees(takerBasisPoints: taker, makerBasisPoints: maker) else {
        throw Arguments.Failure(description: "fees must be decimals in basis points, such as 7.5")
      }
    }
    options.enforcesRateLimits = !arguments.has("no-rate-limits")
    options.hasMarket = !arguments.has("no-market")
    options.stateDirectory = arguments["state"]
    options.certificateDirectory =
      arguments.has("plain") ? nil : arguments["certificates"] ?? ".sluice/certificates"
    let credentials = arguments["credentials"] ?? ".sluice/credentials"
    options.credentialFile = try VenueFiles.writeCredential(of: profile, directory: credentials)
    return options
  }

  static func announce(
    _ server: VenueServer, _ options: VenueServerOptions, readyFile: String?
  ) {
    let scheme = options.certificateDirectory == nil ? "http" : "https"
    say("\(options.profile.name) serves on \(scheme)://\(options.host):\(server.port)")
    say("  admin: http://127.0.0.1:\(server.adminPort)")
    if let directory = options.certificateDirectory { say("  authority: \(directory)/ca.pem") }
    if let file = options.credentialFile { say("  credentials: \(file)") }
    guard let readyFile else { return }
    do {
      try VenueFiles.writePorts(of: server, to: readyFile)
    } catch {
      complain("sluice venue: \(error)")
    }
  }

  /// What was started by another process ends with it.
  static func whenStandardInputCloses(_ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
      while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
      body()
    }
  }
}
