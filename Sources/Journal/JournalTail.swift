/// Where a journal ends.
package struct JournalTail: Sendable, Equatable {
  /// The index of the last fact; 0 if there is none.
  package var lastIndex: UInt64 = 0
  /// The epoch of the last fact; 0 if there is none.
  package var lastEpoch: UInt32 = 0
  /// The instance that the journal belongs to; nil if it has no segment.
  package var instance: UInt32?
  package var segmentCount = 0
  /// The last segment.
  package var file: String?
  /// The bytes of the last segment that hold its header and whole frames.
  package var validByteCount = 0
  /// The bytes behind them that belong to an interrupted write; nobody acted on them.
  package var tornByteCount = 0
  /// Whether the last writer closed the journal in order.
  package var wasClosed = false

  /// Stands for all of the journal up to here; the same only if no byte was changed.
  package var hash = ChainHash.none

  /// What the next segment continues.
  var chain: UInt32 = 0
  var segmentNumber: UInt64 = 0

  init() {}
}
