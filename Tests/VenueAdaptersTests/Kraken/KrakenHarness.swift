import Platform
import RouterCore
import VenueAdapters
import Wire

/// Drives a Kraken adapter as its gateway does, and keeps what the last call asked for.
final class KrakenHarness {
  static let tokenReply = "{\"error\":[],\"result\":{\"token\":\"TOKEN\",\"expires\":900}}"
  static let executionsAck = """
    {"method":"subscribe","req_id":1,"success":true,"result":{"channel":"executions",\
    "snap_orders":true,"snap_trades":true},"time_in":"2026-01-02T03:04:05.1Z",\
    "time_out":"2026-01-02T03:04:05.1Z"}
    """
  static let emptySnapshot =
    "{\"channel\":\"executions\",\"type\":\"snapshot\",\"data\":[],\"sequence\":1}"

  let adapter: KrakenAdapter
  let signer = KrakenTestSigner()
  var output = AdapterOutput()
  var time = Timestamp(nanoseconds: 1_767_323_045_000_000_000)
  /// The request that still waits for its answer.
  private var lastTag: RequestTag?
  private var nonce: UInt64 = 1_616_492_376_594

  init(listings: [ListingBinding] = [KrakenFixtures.binding()]) {
    adapter = KrakenAdapter(
      AdapterSetup(
        venue: KrakenFixtures.venue, venueName: "kraken", instance: 5, listings: listings,
        assets: [
          AssetBinding(id: KrakenFixtures.bitcoin, name: "BTC"),
          AssetBinding(id: KrakenFixtures.dollar, name: "USD"),
        ], bookDepth: 10))
  }

  var stamp: RequestStamp {
    nonce += 1
    return RequestStamp(time: time, venueNanoseconds: time.nanoseconds, nonce: nonce)
  }

  // MARK: - What the gateway does

  func open(_ channel: VenueChannel) {
    output.removeAll()
    adapter.opened(channel, at: stamp, signer: signer, into: &output)
    noteRequest()
  }

  func close(_ channel: VenueChannel) {
    output.removeAll()
    adapter.closed(channel, at: stamp, into: &output)
  }

  func receive(_ text: String, on channel: VenueChannel = .privateStream) {
    receive(Array(text.utf8), on: channel)
  }

  func receive(_ bytes: [UInt8], on channel: VenueChannel = .privateStream) {
    output.removeAll()
    bytes.withUnsafeBytes {
      adapter.received($0, on: channel, at: stamp, signer: signer, into: &output)
    }
    noteRequest()
  }

  func command(_ command: VenueCommand) {
    output.removeAll()
    adapter.encode(command, at: stamp, signer: signer, into: &output)
    noteRequest()
  }

  func advance(milliseconds: Int64) {
    time = time.adding(milliseconds: milliseconds)
    output.removeAll()
    adapter.timerExpired(at: stamp, signer: signer, into: &output)
    noteRequest()
  }

  /// Answers the request that waits.
  func answer(_ body: String, status: Int = 200) {
    guard let tag = lastTag else { return }
    lastTag = nil
    output.removeAll()
    adapter.answered(
      tag, HTTPResponse(status: status, reason: "", headers: [], body: Array(body.utf8)),
      at: stamp, signer: signer, into: &output)
    noteRequest()
  }

  private func noteRequest() {
    if let tag = request?.0 { lastTag = tag }
  }

  func fail(_ tag: RequestTag, _ failure: TransportFailure) {
    output.removeAll()
    adapter.failed(tag, failure, at: stamp, signer: signer, into: &output)
  }

  /// Both sockets' way to a session in which orders can be sent.
  func logOn() {
    open(.privateStream)
    answer(Self.tokenReply)
    receive(Self.executionsAck)
    receive(Self.emptySnapshot)
  }

  // MARK: - What the adapter asked for

  /// The HTTP request of the last call, if it made one.
  var request: (RequestTag, HTTPRequest)? {
    for action in output.ownedActions {
      switch action {
      case .order(let request, let tag), .fetch(let request, let tag): return (tag, request)
      default: continue
      }
    }
    return nil
  }

  var path: String? { request?.1.path }
  var body: String { request.map { String(decoding: $0.1.body, as: UTF8.self) } ?? "" }

  func sent(_ method: String? = nil) -> [(tag: RequestTag?, message: JSONValue)] {
    output.ownedActions.compactMap { action in
      guard case .send(_, let bytes, let tag) = action,
        let message = try? JSONValue(parsing: bytes),
        method == nil || message["method"]?.string == method
      else { return nil }
      return (tag, message)
    }
  }

  var reports: [VenueExecutionReport] {
    output.batch.events.compactMap { if case .childReport(let report) = $0 { report } else { nil } }
  }

  var kinds: [VenueExecutionReport.Kind] { reports.map(\.kind) }

  var links: [String] {
    output.batch.events.compactMap {
      if case .linkChanged(_, let link, let isUp) = $0 {
        "\(link) \(isUp ? "up" : "down")"
      } else {
        nil
      }
    }
  }

  var reconnects: [VenueChannel] {
    output.ownedActions.compactMap {
      if case .reconnect(let channel, _) = $0 { channel } else { nil }
    }
  }

  var incidents: [AdapterOutput.Incident] {
    output.ownedActions.compactMap {
      if case .incident(let incident) = $0 { incident } else { nil }
    }
  }

  // MARK: - Orders

  static func child(_ number: UInt16 = 1, epoch: UInt32 = 3, instance: UInt32 = 5) -> ChildOrderID {
    ChildOrderID(instance: instance, epoch: epoch, parent: ParentOrderID(77), child: number)
  }

  static func order(
    _ number: UInt16 = 1, side: Side = .buy, timeInForce: TimeInForce = .immediateOrCancel
  ) -> NewChildOrder {
    NewChildOrder(
      id: child(number), venue: KrakenFixtures.venue, listing: ListingID(7), side: side,
      limitPrice: Price(mantissa: 61_000_500), quantity: Quantity(mantissa: 200_000_000),
      timeInForce: timeInForce)
  }

  /// Order `number`, sent so long ago that it can be proved absent.
  func reference(_ number: UInt16 = 1, venueOrderID: String = "") -> ChildReference {
    ChildReference(
      id: Self.child(number), venue: KrakenFixtures.venue, listing: ListingID(7),
      venueOrderID: ShortText(venueOrderID) ?? ShortText(), sentAt: longAgo)
  }

  /// A session that is up for so long that not finding an order proves its absence, if that was sent
  /// at `longAgo`.
  func logOnLongAgo() {
    logOn()
    time = time.adding(milliseconds: Self.absenceMilliseconds)
  }

  static let absenceMilliseconds: Int64 = 120_000
  var longAgo: Timestamp { time.adding(milliseconds: -Self.absenceMilliseconds) }

  /// Sends order `number` and has it accepted under `O<number>`.
  func place(_ number: UInt16 = 1, timeInForce: TimeInForce = .goodTillCancel) {
    command(.newOrder(Self.order(number, timeInForce: timeInForce)))
    let requestID = sent("add_order").first?.message["req_id"]?.int64 ?? 0
    receive(Self.accepted(number, requestID: requestID))
  }

  static func accepted(_ number: UInt16 = 1, requestID: Int64) -> String {
    """
    {"method":"add_order","req_id":\(requestID),"success":true,"result":{"order_id":"O\(number)",\
    "cl_ord_id":"\(child(number).uuid)"},"time_in":"2026-01-02T03:04:05.1Z",\
    "time_out":"2026-01-02T03:04:05.1Z"}
    """
  }

  static func executions(_ rows: String, sequence: Int, type: String = "update") -> String {
    "{\"channel\":\"executions\",\"type\":\"\(type)\",\"data\":[\(rows)],\"sequence\":\(sequence)}"
  }

  static func pendingNew(_ number: UInt16 = 1) -> String {
    """
    {"order_id":"O\(number)","cl_ord_id":"\(child(number).uuid)","symbol":"BTC/USD","side":"buy",\
    "order_type":"limit","order_qty":0.02000000,"limit_price":61000.5,"time_in_force":"IOC",\
    "exec_type":"pending_new","order_status":"pending_new","cum_cost":0.0,\
    "timestamp":"2026-01-02T03:04:05.100001Z"}
    """
  }

  static func trade(_ number: UInt16 = 1, id: String = "T1", tradeID: Int = 70_000_001) -> String {
    """
    {"order_id":"O\(number)","exec_type":"trade","exec_id":"\(id)","trade_id":\(tradeID),\
    "symbol":"BTC/USD","side":"buy","last_qty":0.01500000,"last_price":61000.0,"cost":915.00000,\
    "liquidity_ind":"t","order_type":"limit","order_status":"partially_filled",\
    "cum_qty":0.01500000,"cum_cost":915.00000,"avg_price":61000.0,"fee_usd_equiv":2.28750,\
    "fees":[{"asset":"USD","qty":2.28750}],"timestamp":"2026-01-02T03:04:05.2Z"}
    """
  }

  static func canceled(_ number: UInt16 = 1, quantity: String = "0.01500000") -> String {
    """
    {"order_id":"O\(number)","exec_type":"canceled","order_status":"canceled",\
    "cum_qty":\(quantity),"cum_cost":915.00000,"avg_price":61000.0,"reason":"User requested",\
    "timestamp":"2026-01-02T03:04:05.3Z"}
    """
  }
}

/// Signs with the key of the venue's own example.
final class KrakenTestSigner: VenueSigner {
  private let key: HMACKey

  init() {
    let secret =
      "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    key = HMACKey(.sha512, key: Base64.decode(secret) ?? [])
  }

  let apiKey = "KEY"
  let passphrase = ""
  func hmacSHA256(_ message: [UInt8]) -> [UInt8] { [] }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { key.sign(message) }
  func sha256(_ message: [UInt8]) -> [UInt8] { Digest.sha256(message) }
}
