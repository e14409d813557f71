import RouterCore
import Wire

// Public trades: the `trade` channel, several trades of one pair or more in a message.
extension KrakenMarketData {
  /// A snapshot repeats trades from before the subscription: none is asked for, and none is told.
  mutating func decodeTrades(
    _ scanner: inout JSONScanner, isSnapshot: Bool, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard !isSnapshot, scanner.enterData() else { return }
    var run = TradeRun()
    while scanner.nextElement() {
      guard let index = feedIndex(scanner) else {
        scanner.skipValue()
        continue
      }
      if run.listing != feeds[index].listing { run.flush(into: &output) }
      guard let trade = trade(&scanner, feeds[index], at: receivedAt) else {
        refuseTrade(index, into: &output)
        break
      }
      statistics[index].trades &+= 1
      run.add(trade)
    }
    run.flush(into: &output)
  }

  private func trade(
    _ scanner: inout JSONScanner, _ feed: KrakenBookFeed, at receivedAt: Timestamp
  ) -> MarketTrade? {
    var price: Int64 = 0
    var quantity: Int64 = 0
    var venueTime = Timestamp.distantPast
    guard scanner.beginObject() else { return nil }
    while let key = scanner.nextKey() {
      switch key {
      case "price": price = KrakenNumber.decimal(&scanner, scale: feed.priceScale) ?? 0
      case "qty": quantity = KrakenNumber.decimal(&scanner, scale: feed.quantityScale) ?? 0
      case "timestamp": venueTime = KrakenBookRow.time(&scanner)
      default: scanner.skipValue()
      }
    }
    guard !scanner.failed, price > 0, quantity > 0 else { return nil }
    return MarketTrade(
      listing: feed.listing, price: Price(mantissa: price), quantity: Quantity(mantissa: quantity),
      venueTime: venueTime, receivedAt: receivedAt)
  }

  /// A trade that can not be read says nothing about the book, which stays as it is.
  private mutating func refuseTrade(_ index: Int, into output: inout AdapterOutput) {
    if statistics[index].malformedTrades == 0 {
      let symbol = String(decoding: feeds[index].symbol, as: UTF8.self)
      output.incident(
        .warning, "\(venueName) \(symbol): a trade that can not be read; more are counted")
    }
    statistics[index].malformedTrades &+= 1
  }
}
