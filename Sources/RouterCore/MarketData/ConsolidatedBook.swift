/// All venues' levels of one instrument, merged when somebody looks.
///
/// It has no state of its own: a view over the books in `Markets` at one moment.
package struct ConsolidatedBook: Sendable, BitwiseCopyable {
  package let instrument: InstrumentID
  package let now: Timestamp
  package let maximumAgeMilliseconds: Int64

  package init(_ instrument: InstrumentID, at now: Timestamp, maximumAgeMilliseconds: Int64) {
    self.instrument = instrument
    self.now = now
    self.maximumAgeMilliseconds = maximumAgeMilliseconds
  }

  /// One level of one venue.
  package struct LadderLevel: Sendable, Hashable, BitwiseCopyable {
    package var venue: VenueID
    package var listing: ListingID
    package var price: Price
    package var quantity: Quantity
    /// The price with the taker fee, in units of `10^-(priceScale + 8)`.
    package var allInUnit: Int128
  }

  /// Best raw bid and ask over the usable listings; zero where there is none.
  package func touch(_ markets: borrowing Markets) -> (bid: Price, ask: Price) {
    var bid = Price.zero
    var ask = Price.zero
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard isUsable(id, markets) else { continue }
      if let best = markets.books.bestBid(of: id) { bid = max(bid, best.price) }
      if let best = markets.books.bestAsk(of: id) {
        ask = ask == .zero ? best.price : min(ask, best.price)
      }
    }
    return (bid, ask)
  }

  /// The best `limit` levels of one side over the usable listings, by all-in price.
  ///
  /// `.buy` names the bids, that is what a seller takes.
  package func ladder(_ side: Side, limit: Int, _ markets: borrowing Markets) -> [LadderLevel] {
    var levels: [LadderLevel] = []
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard isUsable(id, markets), let listing = markets.listing(id) else { continue }
      let fee = listing.takerFee.partsPerHundredMillion
      let factor = side == .buy ? FeeRate.one &- fee : FeeRate.one &+ fee
      for level in markets.books[id].levels(side, limit: limit) {
        levels.append(
          LadderLevel(
            venue: listing.venue, listing: id, price: level.price, quantity: level.quantity,
            allInUnit: product(level.price.mantissa, factor)))
      }
    }
    levels.sort { a, b in
      if a.allInUnit != b.allInUnit {
        return side == .buy ? a.allInUnit > b.allInUnit : a.allInUnit < b.allInUnit
      }
      return a.listing < b.listing
    }
    return Array(levels.prefix(limit))
  }

  private func isUsable(_ id: ListingID, _ markets: borrowing Markets) -> Bool {
    guard let listing = markets.listing(id) else { return false }
    return markets.exclusion(listing, at: now, maximumAgeMilliseconds: maximumAgeMilliseconds)
      == .none
  }
}
