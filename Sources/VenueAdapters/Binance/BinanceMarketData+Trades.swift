import RouterCore
import Wire

// Public trades: the `aggTrade` stream, one message for each taker order and price.
extension BinanceMarketData {
  /// Reads `p`, `q` and `T`, which other kinds of message use for other things.
  @inline(never)
  func readTrade(
    _ key: UInt8, _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame
  ) {
    guard frame.kind == .trade, frame.book >= 0 else {
      frame.isTradeDeferred = true
      return scanner.skipValue()
    }
    let instrument = listings[frame.book].instrument
    switch key {
    case UInt8(ascii: "p"):
      frame.readTradePrice(&scanner, scale: Int(instrument.priceScale))
    case UInt8(ascii: "q"):
      frame.readTradeQuantity(&scanner, scale: Int(instrument.quantityScale))
    default: frame.readTradeTime(&scanner)
    }
  }

  mutating func acceptTrade(
    _ frame: BinanceDepthFrame, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) {
    guard frame.book >= 0 else { return }
    guard frame.tradePrice > 0, frame.tradeQuantity > 0 else {
      _ = brokenTrade(frame.book, into: &output)
      return
    }
    statistics[frame.book].trades &+= 1
    output.append(
      .trade(
        MarketTrade(
          listing: listings[frame.book].listing, price: Price(mantissa: frame.tradePrice),
          quantity: Quantity(mantissa: frame.tradeQuantity),
          venueTime: frame.tradeTime > .distantPast ? frame.tradeTime : frame.eventTime,
          receivedAt: receivedAt)))
  }

  /// A trade that can not be read says nothing about the book, which stays as it is.
  mutating func brokenTrade(_ book: Int, into output: inout AdapterOutput) -> Message {
    if statistics[book].malformedTrades == 0 {
      output.incident(.warning, "\(symbol(book)): a trade that can not be read; more are counted")
    }
    statistics[book].malformedTrades &+= 1
    return .marketData
  }
}
