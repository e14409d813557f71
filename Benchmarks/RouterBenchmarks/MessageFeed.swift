import RouterCore
import VenueAdapters
import Wire

/// A snapshot and the messages that follow it, as a venue writes them.
struct MessageFeed {
  let snapshot: [UInt8]
  let messages: [[UInt8]]

  func withSnapshot(_ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe snapshot.withUnsafeBytes { unsafe body($0) }
  }

  @inline(__always)
  func withMessage(_ call: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe messages[call % messages.count].withUnsafeBytes { unsafe body($0) }
  }

  static func binding(_ symbol: String) -> ListingBinding {
    ListingBinding(
      listing: ListingID(0),
      instrument: Instrument(
        id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4,
        quantityScale: 10),
      definition: ListingDefinition(
        pair: PairName(base: "BTC", quote: "USD"), symbol: symbol, streamSymbol: symbol,
        priceIncrement: WrittenDecimal(mantissa: 1, scale: 1),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: 8),
        minimumQuantity: WrittenDecimal(mantissa: 1, scale: 8), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 5, scale: 0), status: .trading,
        feeAsset: .quote, priceDigits: 1, quantityDigits: 8))
  }

  // MARK: Venues

  /// 20 changes a side, near the touch.
  static func binance() -> MessageFeed {
    var market = FeedMarket(priceDigits: 8, levels: 1000, seed: 11)
    let book = #""bids":\#(market.text(.buy)),"asks":\#(market.text(.sell))"#
    let messages = (0..<512).map { number in
      let bids = market.change(.buy, count: 20)
      let asks = market.change(.sell, count: 20)
      return Array(
        """
        {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161254\(100 + number % 900),\
        "s":"BTCUSDT","U":\(1001 + number * 10),"u":\(1010 + number * 10),"b":\(bids),"a":\(asks)}}
        """.utf8)
    }
    return MessageFeed(
      snapshot: Array(#"{"lastUpdateId":1000,\#(book)}"#.utf8), messages: messages)
  }

  /// One change a message, as the venue sends nearly always.
  static func coinbaseExchange() -> MessageFeed {
    var market = FeedMarket(priceDigits: 2, levels: 1000, seed: 12)
    let book = #""asks":\#(market.text(.sell)),"bids":\#(market.text(.buy))"#
    let messages = (0..<4096).map { number in
      let side = number % 2 == 0 ? Side.buy : .sell
      let level = market.changeOne(side)
      return Array(
        """
        {"type":"l2update","product_id":"BTC-USD","changes":[["\(side == .buy ? "buy" : "sell")",\
        "\(level.price)","\(level.quantity)"]],"time":"2026-01-05T10:00:00.\(100_000 + number)Z"}
        """.utf8)
    }
    return MessageFeed(
      snapshot: Array(#"{"type":"snapshot","product_id":"BTC-USD",\#(book)}"#.utf8),
      messages: messages)
  }

  /// Two changes a message and the checksum over the ten best levels of each side.
  static func kraken() -> MessageFeed {
    var market = FeedMarket(priceDigits: 1, levels: 100, seed: 13)
    let snapshot = krakenMessage("snapshot", market.rows(.buy), market.rows(.sell), market.checksum)
    let messages = (0..<1024).map { _ in
      let bid = FeedMarket.row(market.changeOne(.buy))
      let ask = FeedMarket.row(market.changeOne(.sell))
      return krakenMessage("update", "[\(bid)]", "[\(ask)]", market.checksum)
    }
    return MessageFeed(snapshot: snapshot, messages: messages)
  }

  private static func krakenMessage(
    _ type: String, _ bids: String, _ asks: String, _ checksum: UInt32
  ) -> [UInt8] {
    Array(
      """
      {"channel":"book","type":"\(type)","data":[{"symbol":"BTC/USD","bids":\(bids),\
      "asks":\(asks),"checksum":\(checksum),"timestamp":"2026-01-05T10:00:00.123456Z"}]}
      """.utf8)
  }
}
