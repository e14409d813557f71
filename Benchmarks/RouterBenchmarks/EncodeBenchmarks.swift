import Platform
import RouterCore
import VenueAdapters
import VenueGateways
import Wire

/// From the core's command to the bytes of the signed request, through the adapter that goes live.
enum EncodeBenchmarks {
  private static let calls = 20_000

  static func run(_ benchmarker: inout Benchmarker) {
    for venue in EncodeVenue.Name.allCases where benchmarker.wants("encode/\(venue.rawValue)") {
      measure(venue, &benchmarker)
    }
  }

  private static func measure(_ name: EncodeVenue.Name, _ benchmarker: inout Benchmarker) {
    let venue = EncodeVenue(name)
    let orders = (0..<4096).map { venue.order(UInt64($0)) }
    var output = AdapterOutput()
    // Each is refused before the next, and the bucket of the venue's budget is full again.
    let prepare = { (_: Int) in
      venue.answer(output)
      output.removeAll()
      venue.advance()
    }
    benchmarker.measure("encode/\(name.rawValue)", calls: calls, prepare: prepare) { call in
      venue.encode(orders[call % 4096], &output)
      return UInt64(output.prepared.count)
    }
    precondition(!output.prepared.isEmpty, "the adapter has sent no order")
    venue.answer(output)
    let gateway = EncodeGateway(venue)
    let answer = { (_: Int) in gateway.answer() }
    benchmarker.measure("encode/\(name.rawValue)/driver", calls: calls, prepare: answer) { call in
      gateway.send(orders[call % 4096])
    }
    gateway.answer()
    benchmarker.measure("encode/\(name.rawValue)/naive", calls: calls) { call in
      UInt64(venue.naive(orders[call % 4096]).count)
    }
  }
}

/// An adapter that is logged on at a venue that exists only as far as orders need it.
final class EncodeVenue {
  enum Name: String, CaseIterable {
    /// Over both ways by turns, as it goes live.
    case binance
    case binanceHTTP = "binance/http"
    case kraken, coinbase
  }

  private let name: Name
  let adapter: any VenueAdapter
  let signer: AccountSigner
  private let requests: NaiveRequests
  private let binding: ListingBinding
  private var milliseconds: Int64 = 1_750_000_000_000

  init(_ name: Name) {
    self.name = name
    let secret =
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
    let key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    guard
      let signer = try? AccountSigner(
        apiKey: key, secret: secret, passphrase: "phrase", encoding: .base64)
    else { preconditionFailure("the secret is base64") }
    self.signer = signer
    requests = NaiveRequests(apiKey: key, passphrase: "phrase", secret: (0..<64).map { UInt8($0) })
    let dialect: any VenueDialect =
      switch name {
      case .binance, .binanceHTTP: BinanceDialect()
      case .kraken: KrakenDialect()
      case .coinbase: CoinbaseExchangeDialect()
      }
    binding = Self.binding(name)
    adapter = dialect.makeAdapter(
      AdapterSetup(
        venue: VenueID(0), venueName: name.rawValue, instance: 7, listings: [binding],
        assets: [
          AssetBinding(id: AssetID(0), name: "BTC"), AssetBinding(id: AssetID(1), name: "USD"),
        ], orderTransport: name == .binanceHTTP ? .http : .fastest))
    logOn()
  }

  func encode(_ order: NewChildOrder, _ output: inout AdapterOutput) {
    adapter.encode(.newOrder(order), at: stamp, signer: signer, into: &output)
  }

  func naive(_ order: NewChildOrder) -> [UInt8] {
    switch name {
    case .binance: requests.binance(order, binding, stamp)
    case .binanceHTTP: requests.binanceHTTP(order, binding, stamp)
    case .kraken: requests.kraken(order, binding, stamp)
    case .coinbase: requests.coinbase(order, binding, stamp)
    }
  }

  func advance() { milliseconds += 1000 }

  func order(_ number: UInt64) -> NewChildOrder {
    NewChildOrder(
      id: ChildOrderID(instance: 7, epoch: 3, parent: ParentOrderID(number + 1), child: 1),
      venue: VenueID(0), listing: binding.listing, side: number % 2 == 0 ? .buy : .sell,
      limitPrice: Price(mantissa: 64_000_000_000 + Int64(number % 997) * 10_000),
      quantity: Quantity(mantissa: 1_000_000 + Int64(number % 1013) * 12_300),
      timeInForce: .immediateOrCancel)
  }

  /// Refuses the orders in `output`, so that the adapter forgets them.
  func answer(_ output: AdapterOutput) {
    for action in output.actions {
      switch action {
      case .sendPrepared(_, _, let tag), .orderPrepared(_, let tag): refuse(tag)
      case .send, .order, .fetch, .reconnect, .incident: break
      }
    }
  }

  func refuse(_ tag: RequestTag) {
    let body: String
    switch name {
    case .binance, .kraken: return receive(refusal(tag.number))
    case .binanceHTTP: body = "{\"code\":-2010,\"msg\":\"Account has insufficient balance.\"}"
    case .coinbase: body = "{\"message\":\"Insufficient funds\"}"
    }
    var ignored = AdapterOutput()
    adapter.answered(
      tag, HTTPResponse(status: 400, body: Array(body.utf8)), at: stamp, signer: signer,
      into: &ignored)
  }

  private func refusal(_ number: UInt64) -> String {
    switch name {
    case .kraken:
      "{\"method\":\"add_order\",\"req_id\":\(number),\"success\":false,"
        + "\"error\":\"EOrder:Insufficient funds\"}"
    case .binance, .binanceHTTP, .coinbase:
      "{\"id\":\"\(number)\",\"status\":400,\"error\":{\"code\":-2010,\"msg\":\"Account has insufficient balance.\"}}"
    }
  }

  // MARK: Logging on

  var stamp: RequestStamp {
    RequestStamp(
      time: Timestamp(nanoseconds: milliseconds * 1_000_000),
      venueNanoseconds: milliseconds * 1_000_000, nonce: UInt64(milliseconds))
  }

  private func logOn() {
    var output = AdapterOutput()
    adapter.opened(.privateStream, at: stamp, signer: signer, into: &output)
    switch name {
    case .binance, .binanceHTTP:
      receive("{\"id\":\"1\",\"status\":200,\"result\":{\"subscriptionId\":0}}")
    case .coinbase: break
    case .kraken: logOnKraken(output)
    }
  }

  private func logOnKraken(_ output: AdapterOutput) {
    var ignored = AdapterOutput()
    for case .fetch(_, let tag) in output.actions {
      let body = "{\"error\":[],\"result\":{\"token\":\"TOKEN\",\"expires\":900}}"
      adapter.answered(
        tag, HTTPResponse(status: 200, body: Array(body.utf8)), at: stamp, signer: signer,
        into: &ignored)
    }
    receive(
      "{\"method\":\"subscribe\",\"req_id\":1,\"success\":true,\"result\":{\"channel\":\"executions\"}}"
    )
    receive("{\"channel\":\"executions\",\"type\":\"snapshot\",\"data\":[],\"sequence\":1}")
  }

  private func receive(_ text: String) {
    var ignored = AdapterOutput()
    unsafe Array(text.utf8).withUnsafeBytes { bytes in
      unsafe adapter.received(
        bytes, on: .privateStream, at: stamp, signer: signer, into: &ignored)
    }
  }

  private static func binding(_ name: Name) -> ListingBinding {
    let symbol =
      switch name {
      case .binance, .binanceHTTP: "BTCUSDT"
      case .kraken: "BTC/USD"
      case .coinbase: "BTC-USD"
      }
    return ListingBinding(
      listing: ListingID(3),
      instrument: Instrument(
        id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 6, quantityScale: 10),
      definition: ListingDefinition(
        pair: PairName(base: "BTC", quote: "USD"), symbol: symbol, streamSymbol: symbol,
        priceIncrement: WrittenDecimal(mantissa: 1, scale: 2),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: 8),
        minimumQuantity: WrittenDecimal(mantissa: 1, scale: 8), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 1, scale: 0), status: .trading, feeAsset: .quote,
        priceDigits: 2, quantityDigits: 8))
  }
}
