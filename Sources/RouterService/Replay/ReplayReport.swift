package import RouterCore
package import VenueAdapters

/// What a replay has found.
package struct ReplayReport: Sendable {
  package struct Ladder: Sendable {
    package var bids: [BookLevel]
    package var asks: [BookLevel]
  }

  /// Three percentiles of one quantity.
  package struct Spread: Sendable {
    package var low: Double
    package var median: Double
    package var high: Double
  }

  package struct Symbol: Sendable {
    package var name: String
    package var scales: CaptureScales
    package var statistics: MarketDataStatistics
    package var invalidations: Int
    package var crossedCount: Int
    package var crossedNanoseconds: Int64
    /// In basis points at 1, 50 and 99 percent of the messages; `nil` if there was never a touch.
    package var spread: Spread?
    /// For each of `ReplayReport.depthBasisPoints`, at 10, 50 and 90 percent of the messages.
    package var depths: [Spread]
    package var ladder: Ladder?

    init(
      _ book: ReplayBook, _ scales: CaptureScales, _ statistics: MarketDataStatistics,
      ladder: Ladder?
    ) {
      name = book.symbol
      self.scales = scales
      self.statistics = statistics
      invalidations = book.invalidations
      crossedCount = book.crossedCount
      crossedNanoseconds = book.crossedNanoseconds
      self.ladder = ladder
      spread = book.spreads.isEmpty ? nil : Spread(book.spreads, [0.01, 0.5, 0.99])
      depths = book.spreads.isEmpty ? [] : book.depths.map { Spread($0, [0.1, 0.5, 0.9]) }
    }
  }

  package static var depthBasisPoints: [Int] { ReplayBook.depthBasisPoints }

  package var path: String
  package var venue: CaptureVenue
  /// Messages of the venue's stream, of whatever kind.
  package var messages: Int
  package var durationNanoseconds: Int64
  /// Time spent in decoding and applying all of them.
  package var decodeNanoseconds: Int64
  package var moment: Timestamp?
  package var problems: [String]
  package var symbols: [Symbol]

  package var messagesPerSecond: Double {
    guard decodeNanoseconds > 0 else { return 0 }
    return Double(messages) / (Double(decodeNanoseconds) / 1e9)
  }

  /// The sum over all symbols.
  package var total: MarketDataStatistics {
    symbols.reduce(into: MarketDataStatistics()) { $0.add($1.statistics) }
  }
}

extension ReplayReport.Spread {
  init(_ samples: SampleSet, _ shares: [Double]) {
    let values = samples.percentiles(shares)
    low = values[0]
    median = values[1]
    high = values[2]
  }
}

extension MarketDataStatistics {
  fileprivate mutating func add(_ other: MarketDataStatistics) {
    snapshots += other.snapshots
    updates += other.updates
    levelsChanged += other.levelsChanged
    staleUpdates += other.staleUpdates
    gaps += other.gaps
    checksumsVerified += other.checksumsVerified
    checksumsFailed += other.checksumsFailed
    trades += other.trades
    malformed += other.malformed
  }
}
