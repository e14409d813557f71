import Foundation
import Platform
import RouterCore
import VenueAdapters
import Wire

/// What an account is known by; the secret as the venue shows it.
struct OutsideCredential: Sendable {
  var key: String
  var secret: String
  var passphrase = ""
}

/// Signs over libcrypto, as the gateway's own signer does.
final class OutsideSigner: VenueSigner {
  let apiKey: String
  let passphrase: String
  private let sha256Key: HMACKey
  private let sha512Key: HMACKey

  init(_ credential: OutsideCredential, _ encoding: SecretEncoding) {
    apiKey = credential.key
    passphrase = credential.passphrase
    let bytes =
      switch encoding {
      case .text: Array(credential.secret.utf8)
      case .base64: Base64.decode(credential.secret) ?? []
      }
    sha256Key = HMACKey(.sha256, key: bytes)
    sha512Key = HMACKey(.sha512, key: bytes)
  }

  func hmacSHA256(_ message: [UInt8]) -> [UInt8] { sha256Key.sign(message) }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { sha512Key.sign(message) }
  func sha256(_ message: [UInt8]) -> [UInt8] { Digest.sha256(message) }
}

/// Drives an adapter through its contract alone and keeps all that it wanted sent.
final class OutsideConversation {
  private(set) var captures: [OutsideCapture] = []
  private let dialect: any VenueDialect
  private let adapter: any VenueAdapter
  private let credential: OutsideCredential
  private let signer: OutsideSigner
  private let setup: AdapterSetup
  private let socketPaths: [VenueChannel: String]
  private var output = AdapterOutput()
  private var nanoseconds: Int64 = 1_767_323_045_250_000_000
  private var nonce: UInt64 = 1_767_323_045_250_000
  /// The newest request over HTTP, and the newest message over a socket.
  private var lastTag: RequestTag?
  private var lastMessage = JSONValue.null

  init(
    _ dialect: any VenueDialect, _ setup: AdapterSetup, _ credential: OutsideCredential,
    socketPaths: [VenueChannel: String]
  ) {
    self.dialect = dialect
    self.setup = setup
    self.credential = credential
    self.socketPaths = socketPaths
    signer = OutsideSigner(credential, dialect.secretEncoding)
    adapter = dialect.makeAdapter(setup)
  }

  private var stamp: RequestStamp {
    nonce += 1
    return RequestStamp(
      time: Timestamp(nanoseconds: nanoseconds), venueNanoseconds: nanoseconds, nonce: nonce)
  }

  // MARK: Driving

  func askStartUpQuestions() {
    let definitions = setup.listings.map(\.definition)
    let queries: [VenueQuery] = [
      .serverTime, .listings(definitions.map(\.pair)), .feeRates(definitions),
      .feeRates([definitions[0]]), .balances,
      .openOrders(definitions),
    ]
    for query in queries { capture(dialect.request(for: query, at: stamp, signer: signer)) }
  }

  func open(_ channel: VenueChannel) {
    adapter.opened(channel, at: stamp, signer: signer, into: &output)
    collect()
  }

  func receive(_ text: String, on channel: VenueChannel = .privateStream) {
    Array(text.utf8).withUnsafeBytes {
      adapter.received($0, on: channel, at: stamp, signer: signer, into: &output)
    }
    collect()
  }

  /// Answers the newest socket message; `ID` in the text stands for its id, as it was written.
  func reply(_ text: String, on channel: VenueChannel = .privateStream) {
    let id = lastMessage["id"] ?? lastMessage["req_id"] ?? .null
    let written = String(decoding: id.serialized(), as: UTF8.self)
    receive(text.replacingOccurrences(of: "ID", with: written), on: channel)
  }

  func command(_ command: VenueCommand) {
    adapter.encode(command, at: stamp, signer: signer, into: &output)
    collect()
  }

  /// Answers the newest HTTP request.
  func answer(_ body: String, status: Int = 200) {
    guard let tag = lastTag else { return }
    lastTag = nil
    adapter.answered(
      tag, HTTPResponse(status: status, reason: "", headers: [], body: Array(body.utf8)),
      at: stamp, signer: signer, into: &output)
    collect()
  }

  func advance(milliseconds: Int64) {
    nanoseconds += milliseconds * 1_000_000
    adapter.timerExpired(at: stamp, signer: signer, into: &output)
    collect()
  }

  /// An order in each time in force, on both sides.
  func placeOrders() {
    let kinds: [(Side, TimeInForce)] = [
      (.buy, .immediateOrCancel), (.sell, .immediateOrCancel), (.buy, .goodTillCancel),
      (.sell, .fillOrKill),
    ]
    for (number, (side, timeInForce)) in kinds.enumerated() {
      command(.newOrder(order(UInt16(number + 1), side, timeInForce)))
    }
    var resting = order(9, .buy, .goodTillCancel)
    resting.isPostOnly = true
    command(.newOrder(resting))
  }

  private func child(_ number: UInt16) -> ChildOrderID {
    ChildOrderID(instance: setup.instance, epoch: 3, parent: ParentOrderID(77), child: number)
  }

  private func order(_ number: UInt16, _ side: Side, _ timeInForce: TimeInForce) -> NewChildOrder {
    let instrument = setup.listings[0].instrument
    func scaled(_ hundredths: Int64, _ scale: UInt8) -> Int64 {
      (0..<max(0, Int(scale) - 2)).reduce(hundredths) { value, _ in value * 10 }
    }
    return NewChildOrder(
      id: child(number), venue: setup.venue, listing: setup.listings[0].listing, side: side,
      limitPrice: Price(mantissa: scaled(6_100_050, instrument.priceScale)),
      quantity: Quantity(mantissa: scaled(2, instrument.quantityScale)), timeInForce: timeInForce)
  }

  func reference(_ number: UInt16 = 1, venueOrderID: String = "") -> ChildReference {
    ChildReference(
      id: child(number), venue: setup.venue, listing: setup.listings[0].listing,
      venueOrderID: ShortText(venueOrderID) ?? ShortText(),
      sentAt: Timestamp(nanoseconds: nanoseconds - 1_000_000_000))
  }

  // MARK: Collecting

  private func collect() {
    for action in output.ownedActions {
      switch action {
      case .send(let channel, let bytes, _):
        lastMessage = (try? JSONValue(parsing: bytes)) ?? .null
        captures.append(
          OutsideCapture(
            venue: dialect.name, transport: "ws", target: socketPaths[channel] ?? "/", body: bytes,
            credential: credential, seconds: seconds))
      case .order(let request, let tag), .fetch(let request, let tag):
        lastTag = tag
        capture(request)
      case .reconnect, .incident, .sendPrepared, .orderPrepared: break
      }
    }
    output.removeAll()
  }

  private var seconds: Double { Double(nanoseconds) / 1e9 }

  private func capture(_ request: HTTPRequest) {
    captures.append(
      OutsideCapture(
        venue: dialect.name, transport: "rest", method: request.method, target: request.target,
        headers: request.headers.pairs.map { ($0.name, $0.value) }, body: request.body,
        credential: credential, seconds: seconds))
  }
}

/// A conversation with each venue that makes its adapter ask for everything it ever asks for.
enum OutsideConversations {
  static let all = binance(.socket) + binance(.http) + coinbaseExchange() + kraken()

  static func binance(_ orders: OrderTransportPolicy) -> [OutsideCapture] {
    var setup = BinanceHarness.setup()
    setup.orderTransport = orders
    let conversation = OutsideConversation(
      BinanceDialect(), setup,
      OutsideCredential(
        key: "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
      socketPaths: [.marketData: "/ws", .privateStream: "/ws-api/v3"])
    let missing = #"{"id":ID,"status":400,"error":{"code":-2013,"msg":"Order does not exist."}}"#
    let nothing = #"{"id":ID,"status":200,"result":[]}"#
    conversation.askStartUpQuestions()
    conversation.open(.marketData)
    conversation.reply(#"{"result":null,"id":ID}"#, on: .marketData)
    conversation.open(.privateStream)
    conversation.reply(#"{"id":ID,"status":200,"result":{"subscriptionId":0}}"#)
    conversation.placeOrders()
    conversation.command(.cancel(conversation.reference(3)))
    conversation.command(.cancel(conversation.reference(3, venueOrderID: "7003")))
    conversation.command(.query(conversation.reference()))
    conversation.reply(missing)
    conversation.reply(nothing)
    conversation.reply(nothing)
    conversation.command(.query(conversation.reference(2, venueOrderID: "7002")))
    conversation.command(.refreshBalances(VenueID(3)))
    conversation.advance(milliseconds: 60_000)
    return conversation.captures
  }

  static func coinbaseExchange() -> [OutsideCapture] {
    let conversation = OutsideConversation(
      CoinbaseExchangeDialect(), CoinbaseExchangeHarness.setup,
      OutsideCredential(
        key: "key", secret: Base64.encode(CoinbaseExchangeTestSigner.secret), passphrase: "phrase"),
      socketPaths: [:])
    let venueOrder = CoinbaseExchangeHarness.venueOrder
    conversation.askStartUpQuestions()
    conversation.open(.marketData)
    conversation.open(.privateStream)
    conversation.receive(
      #"{"type":"subscriptions","channels":[{"name":"user","product_ids":["BTC-USD"]}]}"#)
    conversation.placeOrders()
    conversation.command(.cancel(conversation.reference(3)))
    conversation.command(.cancel(conversation.reference(3, venueOrderID: venueOrder)))
    conversation.command(.query(conversation.reference()))
    conversation.answer(#"{"message":"NotFound"}"#, status: 404)
    conversation.answer("[]")
    conversation.answer("[]")
    conversation.command(.query(conversation.reference(2, venueOrderID: venueOrder)))
    conversation.answer(
      CoinbaseExchangeHarness.orderReply(
        status: "done", filled: "0.01", doneReason: "canceled", number: 2))
    conversation.command(.refreshBalances(VenueID(1)))
    conversation.advance(milliseconds: 60_000)
    return conversation.captures
  }

  static func kraken() -> [OutsideCapture] {
    let setup = AdapterSetup(
      venue: KrakenFixtures.venue, venueName: "kraken", instance: 5,
      listings: [KrakenFixtures.binding()],
      assets: [
        AssetBinding(id: KrakenFixtures.bitcoin, name: "BTC"),
        AssetBinding(id: KrakenFixtures.dollar, name: "USD"),
      ], bookDepth: 10)
    let conversation = OutsideConversation(
      KrakenDialect(), setup,
      OutsideCredential(
        key: "KEY",
        secret:
          "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
      ), socketPaths: [.marketData: "/v2", .privateStream: "/v2"])
    let nothing = "{\"error\":[],\"result\":{\"open\":{},\"closed\":{},\"trades\":{}}}"
    conversation.askStartUpQuestions()
    conversation.open(.marketData)
    conversation.open(.privateStream)
    conversation.answer(KrakenHarness.tokenReply)
    conversation.receive(KrakenHarness.executionsAck)
    conversation.receive(KrakenHarness.emptySnapshot)
    conversation.answer("{\"error\":[],\"result\":{}}")
    conversation.placeOrders()
    conversation.command(.cancel(conversation.reference(3)))
    let lost = conversation.reference()
    // Before that no trades are asked for, since not finding it would prove nothing.
    conversation.advance(milliseconds: 70_000)
    conversation.command(.query(lost))
    for _ in 0..<3 { conversation.answer(nothing) }
    conversation.command(.query(conversation.reference(2, venueOrderID: "OABCDE-FGHIJ-KLMNOP")))
    conversation.answer(nothing)
    conversation.command(.refreshBalances(KrakenFixtures.venue))
    conversation.advance(milliseconds: 30_000)
    return conversation.captures
  }
}
