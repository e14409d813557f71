/// How long the journal keeps what recovery does not need.
package struct JournalRetention: Sendable, Equatable {
  /// Segments younger than this stay.
  package var retainSeconds: Int64 = 30 * 24 * 3600
  /// A snapshot is made when that many bytes were sealed since the last one, or as many as the last
  /// one has, if those are more.
  package var snapshotByteCount: Int64 = 32 << 20

  package init() {}
}
