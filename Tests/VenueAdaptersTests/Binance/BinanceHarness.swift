import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// The sheet's key and secret.
final class BinanceTestSigner: VenueSigner {
  let apiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
  let passphrase = ""
  private let secret = Array(
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".utf8)
  private(set) var signed: [String] = []

  func hmacSHA256(_ message: [UInt8]) -> [UInt8] {
    signed.append(String(decoding: message, as: UTF8.self))
    return BinanceReferenceHMAC.sign(message, key: secret)
  }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { [] }
  func sha256(_ message: [UInt8]) -> [UInt8] { BinanceReferenceHMAC.sha256(message) }
}

/// An adapter with its clock and its outputs taken apart.
struct BinanceHarness {
  static let bitcoin = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 8)
  static let ether = Instrument(
    id: InstrumentID(1), base: AssetID(2), quote: AssetID(1), priceScale: 4, quantityScale: 8)
  static let instance: UInt32 = 7

  let signer = BinanceTestSigner()
  let adapter: BinanceAdapter
  var output = AdapterOutput()
  var milliseconds: Int64 = 1_700_000_000_000
  /// How far the venue's clock is ahead of ours.
  var venueAheadMilliseconds: Int64 = 0

  init(
    bookDepth: Int = 1000, pairs: Int = 2, orders: OrderTransportPolicy = .fastest,
    explorationInterval: Int = 32
  ) {
    var setup = Self.setup(bookDepth: bookDepth, pairs: pairs)
    setup.orderTransport = orders
    setup.orderExplorationInterval = explorationInterval
    adapter = BinanceAdapter(setup)
  }

  static func setup(bookDepth: Int = 1000, pairs: Int = 2) -> AdapterSetup {
    let all = [binding(0, bitcoin, "BTC"), binding(1, ether, "ETH")]
    return AdapterSetup(
      venue: VenueID(3), venueName: "binance", instance: instance,
      listings: Array(all.prefix(pairs)),
      assets: [
        AssetBinding(id: AssetID(0), name: "BTC"), AssetBinding(id: AssetID(1), name: "USDT"),
        AssetBinding(id: AssetID(2), name: "ETH"),
      ], requestWindowMilliseconds: 2000, bookDepth: bookDepth)
  }

  static func binding(_ listing: UInt16, _ instrument: Instrument, _ base: String)
    -> ListingBinding
  {
    ListingBinding(
      listing: ListingID(listing), instrument: instrument,
      definition: ListingDefinition(
        pair: PairName(base: base, quote: "USDT"), symbol: "\(base)USDT",
        streamSymbol: "\(base.lowercased())usdt",
        priceIncrement: WrittenDecimal(mantissa: 1, scale: 2),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: 5),
        minimumQuantity: WrittenDecimal(mantissa: 1, scale: 5), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 5, scale: 0), status: .trading,
        feeAsset: .received, priceDigits: 8, quantityDigits: 8))
  }

  static func child(_ number: UInt16 = 1, epoch: UInt32 = 2, instance: UInt32 = Self.instance)
    -> ChildOrderID
  {
    ChildOrderID(instance: instance, epoch: epoch, parent: ParentOrderID(9), child: number)
  }

  var stamp: RequestStamp {
    RequestStamp(
      time: Timestamp(nanoseconds: milliseconds * 1_000_000),
      venueNanoseconds: (milliseconds + venueAheadMilliseconds) * 1_000_000, nonce: 1)
  }

  // MARK: Driving

  /// What one call brought, taken out of the reused output.
  mutating func take() -> BinanceOutcome {
    let outcome = BinanceOutcome(output)
    output.removeAll()
    return outcome
  }

  @discardableResult
  mutating func open(_ channel: VenueChannel) -> BinanceOutcome {
    adapter.opened(channel, at: stamp, signer: signer, into: &output)
    return take()
  }

  @discardableResult
  mutating func receive(_ text: String, on channel: VenueChannel = .privateStream)
    -> BinanceOutcome
  {
    receive(Array(text.utf8), on: channel)
  }

  @discardableResult
  mutating func receive(_ bytes: [UInt8], on channel: VenueChannel) -> BinanceOutcome {
    bytes.withUnsafeBytes {
      adapter.received($0, on: channel, at: stamp, signer: signer, into: &output)
    }
    return take()
  }

  @discardableResult
  mutating func close(_ channel: VenueChannel) -> BinanceOutcome {
    adapter.closed(channel, at: stamp, into: &output)
    return take()
  }

  @discardableResult
  mutating func encode(_ command: VenueCommand) -> BinanceOutcome {
    adapter.encode(command, at: stamp, signer: signer, into: &output)
    return take()
  }

  @discardableResult
  mutating func answer(
    _ tag: RequestTag, _ status: Int, _ body: String, _ headers: HTTPHeaders = []
  )
    -> BinanceOutcome
  {
    adapter.answered(
      tag, HTTPResponse(status: status, reason: "", headers: headers, body: Array(body.utf8)),
      at: stamp, signer: signer, into: &output)
    return take()
  }

  /// The last byte of a request has left.
  mutating func sent(_ tag: RequestTag) {
    adapter.sent(tag, at: stamp, into: &output)
  }

  @discardableResult
  mutating func fail(_ tag: RequestTag, _ failure: TransportFailure) -> BinanceOutcome {
    adapter.failed(tag, failure, at: stamp, signer: signer, into: &output)
    return take()
  }

  /// Lets time pass up to each deadline of the adapter on the way.
  @discardableResult
  mutating func wait(milliseconds wait: Int64) -> BinanceOutcome {
    let end = milliseconds + wait
    var all = BinanceOutcome(AdapterOutput())
    while adapter.nextDeadline <= Timestamp(nanoseconds: end * 1_000_000) {
      milliseconds = max(milliseconds, (adapter.nextDeadline.nanoseconds + 999_999) / 1_000_000)
      adapter.timerExpired(at: stamp, signer: signer, into: &output)
      all.add(take())
    }
    milliseconds = end
    return all
  }

  /// Both sockets open and subscribed, no snapshot yet; returns the snapshots asked for.
  @discardableResult
  mutating func start() throws -> [RequestTag] {
    let market = open(.marketData)
    let number = try #require(market.sent.first?.json["id"]?.int64)
    let subscribed = receive("{\"result\":null,\"id\":\(number)}", on: .marketData)
    try startUserData()
    return subscribed.fetched.map(\.tag)
  }

  mutating func startUserData() throws {
    let user = open(.privateStream)
    let id = try #require(user.sent.first?.json["id"]?.string)
    receive("{\"id\":\"\(id)\",\"status\":200,\"result\":{\"subscriptionId\":0}}")
  }
}

/// The events and actions of one call.
struct BinanceOutcome {
  struct Sent { var channel: VenueChannel; var json: JSONValue; var tag: RequestTag? }
  struct Requested { var request: HTTPRequest; var tag: RequestTag }

  var events: [Event] = []
  var levels: [BookLevel] = []
  var sent: [Sent] = []
  var ordered: [Requested] = []
  var fetched: [Requested] = []
  var reconnects: [VenueChannel] = []
  var incidents: [AdapterOutput.Incident] = []

  init(_ output: AdapterOutput) {
    events = output.batch.events
    levels = output.batch.levels
    for action in output.ownedActions {
      switch action {
      case .send(let channel, let bytes, let tag):
        let json = (try? JSONValue(parsing: bytes)) ?? .null
        sent.append(Sent(channel: channel, json: json, tag: tag))
      case .order(let request, let tag): ordered.append(Requested(request: request, tag: tag))
      case .fetch(let request, let tag): fetched.append(Requested(request: request, tag: tag))
      case .reconnect(let channel, _): reconnects.append(channel)
      case .incident(let incident): incidents.append(incident)
      case .sendPrepared, .orderPrepared: break
      }
    }
  }

  mutating func add(_ other: BinanceOutcome) {
    events += other.events
    levels += other.levels
    sent += other.sent
    ordered += other.ordered
    fetched += other.fetched
    reconnects += other.reconnects
    incidents += other.incidents
  }

  var reports: [VenueExecutionReport] {
    events.compactMap { if case .childReport(let report) = $0 { report } else { nil } }
  }

  var kinds: [VenueExecutionReport.Kind] { reports.map(\.kind) }

  var books: [BookUpdate] {
    events.compactMap { if case .book(let update) = $0 { update } else { nil } }
  }

  var trades: [MarketTrade] {
    events.compactMap { if case .trade(let trade) = $0 { trade } else { nil } }
  }

  var faults: [BookFault] {
    events.compactMap { if case .bookInvalid(_, let fault) = $0 { fault } else { nil } }
  }

  var balances: [BalanceObservation] {
    events.compactMap { if case .balanceObserved(let balance) = $0 { balance } else { nil } }
  }

  /// Links that changed, as `name up` or `name down`.
  var links: [String] {
    events.compactMap {
      if case .linkChanged(_, let link, let isUp) = $0 {
        "\(link) \(isUp ? "up" : "down")"
      } else {
        nil
      }
    }
  }

  func bids(_ update: BookUpdate) -> [BookLevel] {
    Array(levels[Int(update.bidStart)..<Int(update.bidStart + update.bidCount)])
  }

  func asks(_ update: BookUpdate) -> [BookLevel] {
    Array(levels[Int(update.askStart)..<Int(update.askStart + update.askCount)])
  }
}
