/// The price levels of one listing, as its venue shows them.
///
/// Each side keeps a fixed number of levels. What lies beyond is dropped and remembered as a
/// horizon: no level at or beyond it is believed until the next snapshot. Nothing is allocated
/// after `init`.
public struct OrderBook: ~Copyable, Sendable {
  @usableFromInline package private(set) var bids: BookSide
  @usableFromInline package private(set) var asks: BookSide
  package private(set) var status = BookStatus.empty
  /// When the last update was received; an empty delta renews it.
  public private(set) var receivedAt = Timestamp.distantPast
  /// When the venue made the last update, in the venue's clock.
  package private(set) var venueTime = Timestamp.distantPast
  /// Since when the bid has stood at or above the ask.
  private var crossedSince = Timestamp.distantFuture
  private var hasAskedForSnapshot = false

  /// How long a book may stay crossed before it is asked for again.
  private static let crossedToleranceMilliseconds: Int64 = 1000

  /// Makes an empty book that keeps `capacity` levels on each side.
  public init(capacity: Int = 1024) {
    bids = BookSide(side: .buy, capacity: capacity)
    asks = BookSide(side: .sell, capacity: capacity)
  }

  /// Whether a snapshot has been applied and nothing has gone wrong since.
  public var isLive: Bool {
    if case .live = status { true } else { false }
  }

  /// Whether the best bid is at or above the best ask.
  public var isCrossed: Bool {
    guard let bid = bids.best, let ask = asks.best else { return false }
    return bid.price >= ask.price
  }

  public var bestBid: BookLevel? { bids.best }
  public var bestAsk: BookLevel? { asks.best }

  /// The number of known levels; `.buy` names the bids.
  public func count(_ side: Side) -> Int { side == .buy ? bids.count : asks.count }

  /// The level `index` places behind the touch, from zero; `.buy` names the bids.
  ///
  /// - Precondition: `index` is less than `count(side)`.
  public func level(_ side: Side, _ index: Int) -> BookLevel {
    side == .buy ? bids.level(index) : asks.level(index)
  }

  /// The best bid and ask; a side without levels has zeros.
  package var top: BookTop {
    let empty = BookLevel(price: .zero, quantity: .zero)
    return BookTop(bid: bids.best ?? empty, ask: asks.best ?? empty, receivedAt: receivedAt)
  }

  /// The best levels of one side, copied, best first.
  public func levels(_ side: Side, limit: Int = .max) -> [BookLevel] {
    (0..<min(limit, count(side))).map { level(side, $0) }
  }

  /// Replaces the book by levels that stand best first on each side.
  ///
  /// - Returns: Whether all prices are positive and no quantity is negative; if not, the book is
  ///   not live.
  @discardableResult
  public mutating func replace(bids: [BookLevel], asks: [BookLevel], at time: Timestamp) -> Bool {
    let update = BookUpdate(
      listing: ListingID(0), kind: .snapshot, bidStart: 0, bidCount: Int32(bids.count),
      askStart: Int32(bids.count), askCount: Int32(asks.count), subscribedDepth: 0,
      venueTime: .distantPast, receivedAt: time)
    let levels = bids + asks
    _ = apply(update, levels: levels.span)
    return isLive
  }

  /// Sets, adds or (quantity zero) deletes one level of a live book; `.buy` names the bids.
  public mutating func set(_ side: Side, _ level: BookLevel, at time: Timestamp) {
    guard isLive else { return }
    guard level.price > .zero && level.quantity >= .zero else {
      return invalidate(.malformedMessage)
    }
    receivedAt = time
    if side == .buy {
      bids.set(level.price.mantissa, to: level.quantity.mantissa)
    } else {
      asks.set(level.price.mantissa, to: level.quantity.mantissa)
    }
  }

  /// Applies a decoded message.
  ///
  /// A delta before the first snapshot is ignored. A negative number makes the book invalid.
  ///
  /// - Returns: Whether a fresh snapshot is wanted; asked once until one has come.
  package mutating func apply(_ update: BookUpdate, levels: Span<BookLevel>) -> Bool {
    guard update.isSnapshot || isLive else { return false }
    guard update.isSnapshot ? load(update, levels) : change(update, levels) else {
      invalidate(.malformedMessage)
      return askOnce()
    }
    receivedAt = update.receivedAt
    venueTime = update.venueTime
    if update.subscribedDepth > 0 {
      bids.cut(to: Int(update.subscribedDepth))
      asks.cut(to: Int(update.subscribedDepth))
    }
    return needsSnapshot(at: update.receivedAt) && askOnce()
  }

  /// Marks the book as unusable until the next snapshot.
  package mutating func invalidate(_ fault: BookFault) {
    status = .invalid(fault)
    bids.removeAll()
    asks.removeAll()
    crossedSince = .distantFuture
  }

  /// Why the book can not be routed on at `now`, or `.none`.
  package func exclusion(at now: Timestamp, maximumAgeMilliseconds: Int64) -> Exclusion {
    switch status {
    case .empty: return .bookEmpty
    case .invalid: return .bookInvalid
    case .live: break
    }
    if now > receivedAt.adding(milliseconds: maximumAgeMilliseconds) { return .bookStale }
    if isCrossed { return .bookCrossed }
    return .none
  }

  private mutating func load(_ update: BookUpdate, _ levels: Span<BookLevel>) -> Bool {
    let limit = Int(update.snapshotLimit)
    guard let (bids, asks) = update.ranges(in: levels), isWellFormed(levels, bids),
      isWellFormed(levels, asks)
    else { return false }
    self.bids.load(levels, from: bids.lowerBound, count: bids.count, limit: limit)
    self.asks.load(levels, from: asks.lowerBound, count: asks.count, limit: limit)
    status = .live
    hasAskedForSnapshot = false
    crossedSince = .distantFuture
    return true
  }

  /// - Returns: Whether all levels make sense; if not, a part of them has been applied.
  private mutating func change(_ update: BookUpdate, _ levels: Span<BookLevel>) -> Bool {
    guard let (bids, asks) = update.ranges(in: levels) else { return false }
    return self.bids.apply(levels, from: bids.lowerBound, count: bids.count)
      && self.asks.apply(levels, from: asks.lowerBound, count: asks.count)
  }

  private func isWellFormed(_ levels: Span<BookLevel>, _ range: Range<Int>) -> Bool {
    for index in range {
      let level = levels[index]
      guard level.price.mantissa > 0, level.quantity.mantissa >= 0 else { return false }
    }
    return true
  }

  private mutating func needsSnapshot(at now: Timestamp) -> Bool {
    guard isCrossed else {
      crossedSince = .distantFuture
      return isShallow(bids) || isShallow(asks)
    }
    if crossedSince == .distantFuture { crossedSince = now }
    let patience = crossedSince.adding(milliseconds: Self.crossedToleranceMilliseconds)
    return now >= patience || isShallow(bids) || isShallow(asks)
  }

  /// A side that knows of levels it does not have, and has few left.
  private func isShallow(_ side: borrowing BookSide) -> Bool {
    side.hasHorizon && side.count < side.capacity / 4
  }

  private mutating func askOnce() -> Bool {
    guard !hasAskedForSnapshot else { return false }
    hasAskedForSnapshot = true
    return true
  }
}

/// Whether a book can be used at all; age and crossing are judged apart.
package enum BookStatus: Sendable, Equatable, BitwiseCopyable {
  /// No snapshot has come yet.
  case empty
  case live
  case invalid(BookFault)
}

/// The best level of each side; zeros where there is none.
package struct BookTop: Sendable, Hashable, BitwiseCopyable {
  package var bid: BookLevel
  package var ask: BookLevel
  package var receivedAt: Timestamp
}
