/// What fills that a snapshot has left out moved at one venue in one asset; replaces what was
/// carried before.
package struct PositionCarried: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  package var asset: AssetID
  package var amount: Amount

  package init(venue: VenueID, asset: AssetID, amount: Amount) {
    self.venue = venue
    self.asset = asset
    self.amount = amount
  }
}

/// How far parents were numbered, and which of them are not known any more.
package struct ParentsForgotten: Sendable, Hashable, BitwiseCopyable {
  package var lastParent: UInt64
  /// The greatest parent that was forgotten.
  package var lastForgotten: UInt64

  package init(lastParent: UInt64, lastForgotten: UInt64) {
    self.lastParent = lastParent
    self.lastForgotten = lastForgotten
  }
}
