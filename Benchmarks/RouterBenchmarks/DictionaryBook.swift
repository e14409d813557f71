import RouterCore

/// The book that a first version has: a dictionary for each side, searched for its best price.
struct DictionaryBook {
  private var bids: [Int64: Int64] = [:]
  private var asks: [Int64: Int64] = [:]
  private(set) var bestBid: Int64?
  private(set) var bestAsk: Int64?

  init() {}

  init(bids: [BookLevel], asks: [BookLevel]) {
    for level in bids { set(.buy, level) }
    for level in asks { set(.sell, level) }
  }

  mutating func set(_ side: Side, _ level: BookLevel) {
    let price = level.price.mantissa
    if side == .buy {
      bids[price] = level.quantity > .zero ? level.quantity.mantissa : nil
      if level.quantity > .zero {
        bestBid = max(bestBid ?? price, price)
      } else if price == bestBid {
        bestBid = bids.keys.max()
      }
    } else {
      asks[price] = level.quantity > .zero ? level.quantity.mantissa : nil
      if level.quantity > .zero {
        bestAsk = min(bestAsk ?? price, price)
      } else if price == bestAsk {
        bestAsk = asks.keys.min()
      }
    }
  }

  /// The best levels first; sorts every time.
  func sortedBids() -> [(price: Int64, quantity: Int64)] {
    bids.sorted { $0.key > $1.key }.map { ($0.key, $0.value) }
  }
}
