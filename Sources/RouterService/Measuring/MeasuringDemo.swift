/// Venues to measure for whoever has none: the simulated ones on loopback, a process each.
package enum MeasuringDemo {
  /// Calls `body` with settings for the venues while they serve.
  ///
  /// `directory` is an empty folder for all their state.
  package static func run<Result>(
    directory: String, seed: UInt64, _ body: (ServiceSettings) throws -> Result
  ) throws -> Result {
    let venues = try DemoVenues(directory: directory, seed: seed)
    defer { venues.stop() }
    try venues.start()
    let settings = DemoSettings(directory: directory, token: "only-for-measuring-on-loopback")
    return try body(try settings.write(venues.processes))
  }
}
