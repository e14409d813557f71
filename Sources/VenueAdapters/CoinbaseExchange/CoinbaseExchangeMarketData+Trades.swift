import RouterCore
import Wire

// Public trades: the `matches` channel, one message for each trade.
extension CoinbaseExchangeMarketData {
  /// Reads a match's `price` or `size`; other kinds of message use these names for other things.
  @inline(never)
  func readTrade(_ scanner: inout JSONScanner, _ frame: inout Frame, isPrice: Bool) {
    guard frame.kind == .match, let product = frame.product else {
      frame.isTradeDeferred = true
      return scanner.skipValue()
    }
    let instrument = products[product].instrument
    let scale = Int(isPrice ? instrument.priceScale : instrument.quantityScale)
    guard let mantissa = scanner.decimal(scale: scale), mantissa > 0 else {
      return frame.field = isPrice ? "price" : "size"
    }
    if isPrice { frame.tradePrice = mantissa } else { frame.tradeQuantity = mantissa }
  }

  /// `last_match` repeats the newest trade before the subscription, which may be of any age: it is
  /// no trade of now, and no stop may be decided on it.
  mutating func trade(
    _ frame: inout Frame, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message? {
    guard let product = frame.product else { return .ignored }
    guard frame.kind == .match else { return .trade(product: product) }
    guard frame.tradePrice > 0, frame.tradeQuantity > 0 else { return nil }
    statistics[product].trades += 1
    output.append(
      .trade(
        MarketTrade(
          listing: products[product].listing, price: Price(mantissa: frame.tradePrice),
          quantity: Quantity(mantissa: frame.tradeQuantity), venueTime: frame.time,
          receivedAt: receivedAt)))
    return .trade(product: product)
  }

  /// A trade that can not be read says nothing about the book, which stays as it is.
  mutating func refuseTrade(_ product: Int, into output: inout AdapterOutput) -> Message {
    if statistics[product].malformedTrades == 0 {
      output.incident(
        .warning,
        "\(venueName) \(products.symbol(product)): a trade that can not be read; more are counted")
    }
    statistics[product].malformedTrades += 1
    return .malformed(product: nil)
  }
}
