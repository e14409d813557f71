import RouterCore

/// The trades of one listing in one message, conflated to those that can matter to a stop.
///
/// A stop on the last price asks how far a message went and where it ended, so of any number of
/// trades at most three are told: the highest, the lowest and the last, each as it was printed and
/// in the order in which they were made. A trade is told once even if it is all three.
struct TradeRun {
  private var highest: MarketTrade?
  private var lowest: MarketTrade?
  private var last: MarketTrade?
  /// Whether the highest was made after the lowest.
  private var endsHigh = false

  var listing: ListingID? { last?.listing }

  mutating func add(_ trade: MarketTrade) {
    last = trade
    if highest.map({ trade.price > $0.price }) ?? true {
      highest = trade
      endsHigh = true
    }
    if lowest.map({ trade.price < $0.price }) ?? true {
      lowest = trade
      endsHigh = false
    }
  }

  mutating func flush(into output: inout AdapterOutput) {
    guard let highest, let lowest, let last else { return }
    let first = endsHigh ? lowest : highest
    let second = endsHigh ? highest : lowest
    if first.price != last.price { output.append(.trade(first)) }
    if second.price != last.price { output.append(.trade(second)) }
    output.append(.trade(last))
    self = TradeRun()
  }
}
