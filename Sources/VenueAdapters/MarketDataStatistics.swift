/// What one listing's market data amounted to; counted by every venue's decoder.
package struct MarketDataStatistics: Sendable, Hashable, BitwiseCopyable {
  /// Snapshots that replaced the book, whether they came on the stream or over HTTP.
  package var snapshots = 0
  /// Update messages received, whether they were applied or not.
  package var updates = 0
  /// Levels in the updates that were applied; those of snapshots are not counted.
  package var levelsChanged = 0
  /// Updates that a snapshot already contained.
  package var staleUpdates = 0
  /// Breaks in the venue's own sequence.
  package var gaps = 0
  package var checksumsVerified = 0
  package var checksumsFailed = 0
  /// Public trades.
  package var trades = 0
  /// Messages about public trades that could not be understood.
  package var malformedTrades = 0
  /// Messages about this listing that could not be understood.
  package var malformed = 0

  package init() {}
}
