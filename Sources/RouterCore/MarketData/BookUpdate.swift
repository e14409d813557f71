/// One price of a book; a quantity of zero removes it.
public struct BookLevel: Sendable, Hashable, BitwiseCopyable {
  public var price: Price
  public var quantity: Quantity

  @inlinable public init(price: Price, quantity: Quantity) {
    self.price = price
    self.quantity = quantity
  }
}

/// A change to one listing's book; its levels lie in the `EventBatch` that carries it.
///
/// Quantities are absolute. Within a side the levels apply in order, and one price may occur twice.
package struct BookUpdate: Sendable, BitwiseCopyable {
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// Replaces the book; levels are best first.
    case snapshot
    case delta
  }

  package var listing: ListingID
  package var kind: Kind
  /// Where this update's bids and asks lie in `EventBatch.levels`.
  package var bidStart: Int32
  package var bidCount: Int32
  package var askStart: Int32
  package var askCount: Int32
  /// How many levels a side the venue maintains for us (`0`: all); the book is cut to it.
  package var subscribedDepth: Int32
  /// When the venue made it, in the venue's clock; `distantPast` if it does not say.
  package var venueTime: Timestamp
  package var receivedAt: Timestamp
  /// How many levels a side the venue puts in a snapshot at most (`0`: all).
  ///
  /// A snapshot of that size ends where the venue cut it, so nothing is believed beyond it.
  package var snapshotLimit: Int32

  package var isSnapshot: Bool {
    if case .snapshot = kind { true } else { false }
  }

  /// Where its bids and asks lie; `nil` if that is not within `levels`.
  func ranges(in levels: Span<BookLevel>) -> (bids: Range<Int>, asks: Range<Int>)? {
    let (bidStart, askStart) = (Int(bidStart), Int(askStart))
    let (bidCount, askCount) = (Int(bidCount), Int(askCount))
    guard bidStart >= 0, bidCount >= 0, bidCount <= levels.count - bidStart, askStart >= 0,
      askCount >= 0, askCount <= levels.count - askStart
    else { return nil }
    return (bidStart..<bidStart + bidCount, askStart..<askStart + askCount)
  }

  package init(
    listing: ListingID, kind: Kind, bidStart: Int32, bidCount: Int32, askStart: Int32,
    askCount: Int32, subscribedDepth: Int32, venueTime: Timestamp, receivedAt: Timestamp,
    snapshotLimit: Int32 = 0
  ) {
    self.listing = listing
    self.kind = kind
    self.bidStart = bidStart
    self.bidCount = bidCount
    self.askStart = askStart
    self.askCount = askCount
    self.subscribedDepth = subscribedDepth
    self.venueTime = venueTime
    self.receivedAt = receivedAt
    self.snapshotLimit = snapshotLimit
  }
}

/// Why a book can not be used.
package enum BookFault: UInt8, Sendable, BitwiseCopyable {
  case disconnected = 1
  case sequenceGap = 2
  case checksumMismatch = 3
  case malformedMessage = 4
  /// A snapshot was asked for and has not come yet.
  case synchronizing = 5
  case venueHalted = 6
}
