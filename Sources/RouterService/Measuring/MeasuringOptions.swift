/// How venues are measured.
package struct MeasuringOptions: Sendable {
  /// How orders are measured, by what they would cost.
  package enum Orders: Sendable {
    case none
    /// Tiny orders far from the touch, cancelled at once: where no real money is.
    case resting
    /// Orders that the venue checks and never trades, where it has them.
    case test
  }

  package var seconds = 30
  /// Starts a second, of each kind, at each venue.
  package var rate = 2.0
  package var orders = Orders.none
  /// The venues of the settings to measure; all of them if empty.
  package var venues: [String] = []
  /// Requests of a kind that may be under way; what has no room waits, and that counts.
  package var inFlight = 4
  package var timeoutMilliseconds = 5000

  package init() {}

  var intervalNanoseconds: Int64 { max(Int64(1e9 / rate), 1) }

  /// Orders are rarer: a young order that is cancelled costs much of what a venue allows.
  func intervalNanoseconds(of probe: VenueProbe) -> Int64 {
    probe == .order ? 4 * intervalNanoseconds : intervalNanoseconds
  }

  func starts(of probe: VenueProbe) -> Int {
    max(Int(Int64(seconds) * 1_000_000_000 / intervalNanoseconds(of: probe)), 1)
  }

  /// Twenty lines of a log for each kind, so that two runs can be told apart.
  var logIntervalNanoseconds: Int64 { max(Int64(seconds) * 50_000_000, 1_000_000_000) }
}

/// Why venues are not measured, by what the caller can do about it.
package enum MeasuringError: Error, Sendable, CustomStringConvertible {
  /// Wrong options or settings.
  case usage(String)
  /// It would do what the settings do not allow.
  case refused(String)
  /// No venue could be reached.
  case unreachable(String)
  /// A file or the system.
  case system(String)

  package var description: String {
    switch self {
    case .usage(let words), .refused(let words), .unreachable(let words), .system(let words): words
    }
  }

  package var exitStatus: Int32 {
    switch self {
    case .system: 1
    case .usage: 2
    case .refused: 3
    case .unreachable: 4
    }
  }
}

extension MeasuringOptions.Orders {
  /// How orders may be measured in a mode; `isForced` is the operator's word that they may.
  ///
  /// - Throws: `refused` where real money is and nobody said so.
  package static func allowed(
    in mode: ServiceSettings.Mode, isForced: Bool
  ) throws(MeasuringError) -> Self {
    guard mode == .live else { return .resting }
    guard isForced else {
      throw .refused(
        "--orders in mode 'live' needs --force, and then only venues with an order that is checked"
          + " and never traded are sent any; measure orders on a testnet or with --demo")
    }
    return .test
  }
}
