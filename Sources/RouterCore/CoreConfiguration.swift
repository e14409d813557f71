/// How large the core's tables are; fixed for a run.
///
/// Memory of slots that are never used is never touched. When a table is full, new orders are
/// refused with `.tooManyOrders`; the oldest closed parents are forgotten before that.
package struct CoreConfiguration: Sendable, Hashable {
  /// Names this installation in the ids of its children; 24 bits.
  package var instance: UInt32
  package var venueCapacity = 32
  package var assetCapacity = 128
  package var instrumentCapacity = 128
  package var listingCapacity = 512
  /// Levels kept on each side of a book.
  package var bookLevels = 1024
  /// Parents that are known, open and closed together; the oldest closed one makes room.
  package var parentCapacity = 65_536
  package var openParentCapacity = 4096
  package var childCapacity = 262_144
  package var fillCapacity = 524_288
  /// Client order ids that are remembered, accepted and refused.
  package var clientOrderIDCapacity = 1_048_576
  /// No client order id is forgotten before this; if the memory is full of younger ones, new
  /// orders are refused.
  package var clientOrderIDRetentionMilliseconds: Int64 = 30 * 24 * 3600 * 1000

  /// Whether orders of ours that the journal does not know are taken in, not just cancelled.
  package var adoptsOrphans = false

  package init(instance: UInt32) {
    precondition(instance < 1 << 24)
    self.instance = instance
  }

  /// Small tables, for tests and simulations that make many cores.
  package static func small(instance: UInt32) -> CoreConfiguration {
    var configuration = CoreConfiguration(instance: instance)
    configuration.venueCapacity = 8
    configuration.assetCapacity = 16
    configuration.instrumentCapacity = 8
    configuration.listingCapacity = 32
    configuration.bookLevels = 128
    configuration.parentCapacity = 512
    configuration.openParentCapacity = 128
    configuration.childCapacity = 4096
    configuration.fillCapacity = 8192
    configuration.clientOrderIDCapacity = 4096
    return configuration
  }
}
