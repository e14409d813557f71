/// To what a venue tells its time.
struct ClockResolution {
  let nanoseconds: Int64
  /// What a dialect adds to the start of the unit that it was shown.
  let added: Int64

  /// Kraken tells whole seconds, for which its dialect gives the middle; the others milliseconds.
  init(dialect: String) {
    nanoseconds = dialect == "kraken" ? 1_000_000_000 : 1_000_000
    added = dialect == "kraken" ? 500_000_000 : 0
  }
}

/// Asks a venue for its time until more questions would not tell more.
struct ClockSearch {
  private static let questions = 12
  private static let maximumFailures = 3

  private(set) var bounds = ClockBounds()
  private let resolution: ClockResolution
  private let pauseNanoseconds: Int64
  private var failures = 0

  init(resolution: ClockResolution, pauseNanoseconds: Int64) {
    self.resolution = resolution
    self.pauseNanoseconds = pauseNanoseconds
  }

  /// All was asked, or the venue does not answer; answers of the measurement itself still count.
  var hasEnded: Bool {
    bounds.answers >= Self.questions || failures >= Self.maximumFailures
  }

  /// How long to wait before the next question; nil if there is none.
  func nextWait(at now: Int64) -> Int64? {
    guard !hasEnded else { return nil }
    let earliest = now + (bounds.answers + failures == 0 ? 0 : pauseNanoseconds)
    return bounds.usefulTime(after: earliest, resolution: resolution.nanoseconds) - now
  }

  mutating func record(askedAt: Int64, venueTime: Int64, receivedAt: Int64) {
    bounds.record(
      askedAt: askedAt, earliest: venueTime - resolution.added,
      resolution: resolution.nanoseconds, receivedAt: receivedAt)
  }

  mutating func fail() { failures += 1 }
}
