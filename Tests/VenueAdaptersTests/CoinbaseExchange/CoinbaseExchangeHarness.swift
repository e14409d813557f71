import Platform
import RouterCore
import VenueAdapters
import Wire

/// The protocol sheet's key: secret bytes 00 to 3f.
final class CoinbaseExchangeTestSigner: VenueSigner {
  static let secret = (0..<64).map { UInt8($0) }
  let apiKey = "key"
  let passphrase = "phrase"
  private let key = HMACKey(.sha256, key: CoinbaseExchangeTestSigner.secret)

  func hmacSHA256(_ message: [UInt8]) -> [UInt8] { key.sign(message) }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { [] }
  func sha256(_ message: [UInt8]) -> [UInt8] { Digest.sha256(message) }
}

/// An adapter with two products, and what it has said since the last look.
final class CoinbaseExchangeHarness {
  static let second: Int64 = 1_000_000_000

  let adapter: any VenueAdapter
  let signer = CoinbaseExchangeTestSigner()
  var output = AdapterOutput()
  var now: Int64 = 1_750_000_000 * second

  init() {
    adapter = CoinbaseExchangeDialect().makeAdapter(Self.setup)
  }

  static var setup: AdapterSetup {
    AdapterSetup(
      venue: VenueID(1), venueName: "coinbase", instance: 7,
      listings: [binding("BTC", "USD", 0), binding("ETH", "USD", 1)],
      assets: [
        AssetBinding(id: AssetID(0), name: "BTC"), AssetBinding(id: AssetID(1), name: "USD"),
        AssetBinding(id: AssetID(2), name: "ETH"),
      ])
  }

  /// Prices to a hundredth, quantities to 1e-8.
  static func binding(_ base: String, _ quote: String, _ number: UInt16) -> ListingBinding {
    let pair = PairName(base: base, quote: quote)
    return ListingBinding(
      listing: ListingID(number),
      instrument: Instrument(
        id: InstrumentID(number), base: AssetID(number == 0 ? 0 : 2), quote: AssetID(1),
        priceScale: 2, quantityScale: 8),
      definition: ListingDefinition(
        pair: pair, symbol: pair.description, streamSymbol: pair.description,
        priceIncrement: WrittenDecimal(mantissa: 1, scale: 2),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: 8),
        minimumQuantity: WrittenDecimal(mantissa: 1, scale: 8), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 1, scale: 0), status: .trading, feeAsset: .quote,
        priceDigits: 2, quantityDigits: 8))
  }

  var stamp: RequestStamp {
    RequestStamp(time: Timestamp(nanoseconds: now), venueNanoseconds: now, nonce: 1)
  }

  func advance(milliseconds: Int64) {
    now += milliseconds * 1_000_000
    if adapter.nextDeadline <= stamp.time {
      adapter.timerExpired(at: stamp, signer: signer, into: &output)
    }
  }

  func open(_ channel: VenueChannel) {
    adapter.opened(channel, at: stamp, signer: signer, into: &output)
  }

  func receive(_ text: String, on channel: VenueChannel = .marketData) {
    receive(Array(text.utf8), on: channel)
  }

  func receive(_ bytes: [UInt8], on channel: VenueChannel = .marketData) {
    bytes.withUnsafeBytes {
      adapter.received($0, on: channel, at: stamp, signer: signer, into: &output)
    }
  }

  func encode(_ command: VenueCommand) {
    adapter.encode(command, at: stamp, signer: signer, into: &output)
  }

  func answer(_ tag: RequestTag, _ status: Int, _ body: String, cursor: String? = nil) {
    var headers = HTTPHeaders()
    if let cursor { headers.add("CB-AFTER", cursor) }
    adapter.answered(
      tag, HTTPResponse(status: status, headers: headers, body: Array(body.utf8)), at: stamp,
      signer: signer, into: &output)
  }

  func fail(_ tag: RequestTag, _ failure: TransportFailure) {
    adapter.failed(tag, failure, at: stamp, signer: signer, into: &output)
  }

  /// Opens both sockets and confirms the subscriptions; the output is empty afterwards.
  func connect() {
    open(.marketData)
    open(.privateStream)
    receive(#"{"type":"subscriptions","channels":[{"name":"level2","product_ids":["BTC-USD"]}]}"#)
    receive(
      #"{"type":"subscriptions","channels":[{"name":"user","product_ids":["BTC-USD"]}]}"#,
      on: .privateStream)
    answer(
      RequestTag(.balances, number: UInt64(now)), 200,
      #"[{"currency":"USD","balance":"10.5","hold":"0.5","available":"10.0"}]"#)
    output.removeAll()
  }

  // MARK: What was said

  var events: [Event] { output.batch.events }

  var books: [BookUpdate] {
    events.compactMap { if case .book(let update) = $0 { update } else { nil } }
  }

  var trades: [MarketTrade] { output.marketTrades }

  var reports: [VenueExecutionReport] {
    events.compactMap { if case .childReport(let report) = $0 { report } else { nil } }
  }

  var links: [String] {
    events.compactMap {
      if case .linkChanged(_, let link, let isUp) = $0 { "\(link) \(isUp)" } else { nil }
    }
  }

  var invalidBooks: [String] {
    events.compactMap {
      if case .bookInvalid(let listing, let fault) = $0 {
        "\(listing.rawValue) \(fault)"
      } else {
        nil
      }
    }
  }

  var sends: [String] {
    output.ownedActions.compactMap {
      if case .send(_, let bytes, _) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
  }

  var requests: [(target: String, tag: RequestTag, body: String)] {
    output.ownedActions.compactMap { action in
      switch action {
      case .order(let request, let tag), .fetch(let request, let tag):
        (
          "\(request.method) \(request.target)", tag,
          String(decoding: request.body, as: UTF8.self)
        )
      default: nil
      }
    }
  }

  var incidents: [AdapterOutput.Incident] {
    output.ownedActions.compactMap {
      if case .incident(let incident) = $0 { incident } else { nil }
    }
  }

  var reconnects: [VenueChannel] {
    output.ownedActions.compactMap {
      if case .reconnect(let channel, _) = $0 { channel } else { nil }
    }
  }

  func levels(_ update: BookUpdate, _ side: Side) -> [[Int64]] {
    let start = Int(side == .buy ? update.bidStart : update.askStart)
    let count = Int(side == .buy ? update.bidCount : update.askCount)
    return output.batch.levels[start..<start + count].map {
      [$0.price.mantissa, $0.quantity.mantissa]
    }
  }
}

/// Orders as the tests name them.
extension CoinbaseExchangeHarness {
  static func child(_ number: UInt16 = 1, epoch: UInt32 = 3, instance: UInt32 = 7) -> ChildOrderID {
    ChildOrderID(instance: instance, epoch: epoch, parent: ParentOrderID(42), child: number)
  }

  static func order(
    _ number: UInt16 = 1, quantity: Int64 = 1_250_000,
    timeInForce: TimeInForce = .immediateOrCancel
  ) -> NewChildOrder {
    NewChildOrder(
      id: child(number), venue: VenueID(1), listing: ListingID(0), side: .buy,
      limitPrice: Price(mantissa: 2_500_001), quantity: Quantity(mantissa: quantity),
      timeInForce: timeInForce)
  }

  func reference(_ number: UInt16 = 1, venueOrderID: String = "") -> ChildReference {
    ChildReference(
      id: Self.child(number), venue: VenueID(1), listing: ListingID(0),
      venueOrderID: ShortText(venueOrderID) ?? ShortText(), sentAt: stamp.time)
  }

  static let venueOrder = "7c0e2d4a-0000-4000-8000-00000000000a"

  static func receivedMessage(_ number: UInt16 = 1, size: String = "0.0125") -> String {
    """
    {"type":"received","time":"2026-01-05T10:00:00.123456Z","product_id":"BTC-USD","sequence":1,\
    "order_id":"\(venueOrder)","order_type":"limit","side":"buy","size":"\(size)",\
    "price":"25000.01","client_oid":"\(child(number).uuid)"}
    """
  }

  static func matchMessage(trade: Int, size: String, rate: String? = "0.0060") -> String {
    """
    {"type":"match","time":"2026-01-05T10:00:00.2Z","product_id":"BTC-USD","sequence":2,\
    "trade_id":\(trade),"maker_order_id":"11111111-0000-4000-8000-00000000000b",\
    "taker_order_id":"\(venueOrder)","size":"\(size)","price":"25000.00","side":"sell"\
    \(rate.map { ",\"taker_fee_rate\":\"\($0)\"" } ?? "")}
    """
  }

  static func doneMessage(_ reason: String, remaining: String?, cause: String = "") -> String {
    """
    {"type":"done","time":"2026-01-05T10:00:00.3Z","product_id":"BTC-USD","sequence":3,\
    "order_id":"\(venueOrder)","side":"buy","reason":"\(reason)","price":"25000.01"\
    \(remaining.map { ",\"remaining_size\":\"\($0)\"" } ?? "")\
    \(cause.isEmpty ? "" : ",\"cancel_reason\":\"\(cause)\"")}
    """
  }

  static func orderReply(
    status: String, filled: String = "0", doneReason: String? = nil, number: UInt16 = 1,
    echo: String? = nil
  ) -> String {
    """
    {"id":"\(venueOrder)","client_oid":"\(echo ?? child(number).uuid.string)",\
    "product_id":"BTC-USD","side":"buy","type":"limit","price":"25000.01","size":"0.0125",\
    "time_in_force":"IOC","created_at":"2026-01-05T10:00:00.123456Z","fill_fees":"0",\
    "filled_size":"\(filled)","executed_value":"0","status":"\(status)"\
    \(doneReason.map { ",\"done_reason\":\"\($0)\"" } ?? ""),"settled":false}
    """
  }

  static func fillsReply(trade: Int, size: String, orderID: String = venueOrder) -> String {
    """
    [{"trade_id":\(trade),"product_id":"BTC-USD","order_id":"\(orderID)","user_id":"u",\
    "profile_id":"p","liquidity":"T","price":"25000.00","size":"\(size)",\
    "fee":"1.5000000000000000","created_at":"2030-01-05T10:00:00.2Z","side":"buy","settled":true,\
    "usd_volume":"250"}]
    """
  }
}
