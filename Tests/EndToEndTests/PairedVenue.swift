import RouterCore
import SimulatedVenues
import Simulation
import Testing
import VenueAdapters
import VenueGateways
import Wire

/// An adapter and the simulated venue it speaks to, without a network and at the test's own time.
///
/// What one side means and the other understands is compared here, with nothing between them.
final class PairedVenue {
  static let listing = ListingID(0)
  private static let id = VenueID(0)
  private static let paths: [String: (String, String)] = [
    "binance": ("/ws", "/ws-api/v3"), "kraken": ("/v2", "/v2"), "coinbase-exchange": ("/", "/"),
  ]

  let host: VenueHost
  let instrument: Instrument
  /// Everything that was reported, in order.
  private(set) var reports: [VenueExecutionReport] = []
  private(set) var incidents: [String] = []
  private(set) var reconnects: [String] = []
  private var adapter: any VenueAdapter
  private let dialect: any VenueAdapters.VenueDialect
  private let setup: AdapterSetup
  private let signer: AccountSigner
  private let definition: ListingDefinition
  private let name: String
  private let market: Int
  private let account: Int
  private var output = AdapterOutput()
  private var sockets: [VenueChannel: VenueSocket] = [:]
  private var inbound: [(VenueChannel, [UInt8])] = []
  private var now: Int64 = 1_790_000_000_000_000_000
  private var nonce: UInt64 = 1_790_000_000_000

  init(_ name: String) throws {
    self.name = name
    let profile = try #require(VenueProfiles.named(name))
    dialect = try #require(VenueCatalog.dialect(named: name))
    let credential = profile.makeCredential((0..<256).map { UInt8($0 * 7 % 256) })
    var options = VenueServerOptions(profile: profile)
    options.hasMarket = false
    options.enforcesRateLimits = false
    host = VenueHost(options: options, credentials: [credential], stateLog: nil, now: now)
    market = try #require(host.context.exchange.instrumentIndex(symbol: "BTC-USD"))
    account = host.context.account(of: credential)
    signer = try AccountSigner(
      apiKey: credential.key, secret: credential.secret, passphrase: credential.passphrase,
      encoding: dialect.secretEncoding)
    definition = try Self.definition(host, dialect, signer, now)
    instrument = Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(1),
      priceScale: UInt8(definition.priceIncrement.scale + 2),
      quantityScale: UInt8(min(definition.quantityIncrement.scale, 8)))
    setup = AdapterSetup(
      venue: Self.id, venueName: name, instance: 5,
      listings: [
        ListingBinding(listing: Self.listing, instrument: instrument, definition: definition)
      ],
      assets: [
        AssetBinding(id: AssetID(0), name: "BTC"), AssetBinding(id: AssetID(1), name: "USD"),
      ])
    adapter = dialect.makeAdapter(setup)
    connect()
  }

  private static func definition(
    _ host: VenueHost, _ dialect: any VenueAdapters.VenueDialect, _ signer: AccountSigner,
    _ now: Int64
  ) throws -> ListingDefinition {
    let query = VenueQuery.listings([PairName(base: "BTC", quote: "USD")])
    let stamp = RequestStamp(
      time: Timestamp(nanoseconds: now), venueNanoseconds: now, nonce: 1_789_999_999_999)
    let request = dialect.request(for: query, at: stamp, signer: signer)
    guard case .respond(let response) = host.handle(request, at: now),
      case .listings(let definitions) = try dialect.answer(to: query, from: response)
    else { throw Deployment.Failure("no listing") }
    return try #require(definitions.first)
  }

  // MARK: The gateway's part

  private var stamp: RequestStamp {
    nonce += 1
    return RequestStamp(
      time: Timestamp(nanoseconds: now), venueNanoseconds: now, nonce: nonce)
  }

  private func connect() {
    for channel in VenueChannel.allCases { open(channel) }
    pass(milliseconds: 1500)
  }

  private func open(_ channel: VenueChannel) {
    let paths = Self.paths[name] ?? ("/", "/")
    let transport = VenueSocket.Transport(
      send: { [unowned self] text in
        inbound.append((channel, text))
        return true
      }, close: { _, _ in }, abort: {})
    let target = channel == .marketData ? paths.0 : paths.1
    sockets[channel] = host.open(HTTPRequest(method: "GET", target: target), transport, at: now)
    adapter.opened(channel, at: stamp, signer: signer, into: &output)
    carryOut()
  }

  /// Lets time pass in steps of a quarter of a second.
  func pass(milliseconds: Int64) {
    for _ in 0..<max(1, milliseconds / 250) {
      now += 250_000_000
      host.tick(at: now)
      carryOut()
      if adapter.nextDeadline.nanoseconds <= now {
        adapter.timerExpired(at: stamp, signer: signer, into: &output)
      }
      carryOut()
    }
  }

  func command(_ command: VenueCommand) {
    adapter.encode(command, at: stamp, signer: signer, into: &output)
    carryOut()
  }

  /// Carries out what the adapter wants and hands it what the venue says, until both are silent.
  private func carryOut() {
    while true {
      let (events, actions) = (output.batch.events, output.ownedActions)
      output.removeAll()
      for event in events {
        if case .childReport(let report) = event { reports.append(report) }
      }
      for action in actions { carryOut(action) }
      guard inbound.isEmpty else {
        deliver()
        continue
      }
      if actions.isEmpty && events.isEmpty { return }
    }
  }

  private func carryOut(_ action: AdapterOutput.Action) {
    switch action {
    case .send(let channel, let bytes, _):
      if let socket = sockets[channel] { host.receive(bytes, from: socket, at: now) }
    case .order(let request, let tag), .fetch(let request, let tag):
      guard case .respond(let response) = host.handle(request, at: now) else {
        return adapter.failed(tag, .unknown("cut"), at: stamp, signer: signer, into: &output)
      }
      adapter.answered(tag, response, at: stamp, signer: signer, into: &output)
    case .reconnect(let channel, let reason): reconnects.append("\(channel): \(reason)")
    case .incident(let incident): incidents.append(incident.message)
    case .sendPrepared, .orderPrepared: preconditionFailure("owned actions hold what they send")
    }
  }

  private func deliver() {
    let messages = inbound
    inbound.removeAll()
    for (channel, text) in messages {
      unsafe text.withUnsafeBytes { bytes in
        unsafe adapter.received(bytes, on: channel, at: stamp, signer: signer, into: &output)
      }
    }
  }

  // MARK: Orders

  /// A price of whole dollars and a quantity in hundred-thousandths, at this instrument's scales.
  func order(
    _ number: UInt16, _ side: Side, _ dollars: Int64, _ quantity: Int64,
    _ timeInForce: TimeInForce = .goodTillCancel, isPostOnly: Bool = false
  ) -> NewChildOrder {
    NewChildOrder(
      id: ChildOrderID(instance: 5, epoch: 1, parent: ParentOrderID(7), child: number),
      venue: Self.id, listing: Self.listing, side: side,
      limitPrice: Price(mantissa: dollars * Self.power(Int(instrument.priceScale))),
      quantity: self.quantity(quantity), timeInForce: timeInForce, isPostOnly: isPostOnly)
  }

  func quantity(_ hundredThousandths: Int64) -> Quantity {
    Quantity(mantissa: hundredThousandths * Self.power(Int(instrument.quantityScale) - 5))
  }

  func reference(_ order: NewChildOrder, venueOrderID: ShortText = ShortText()) -> ChildReference {
    ChildReference(
      id: order.id, venue: order.venue, listing: order.listing, venueOrderID: venueOrderID,
      sentAt: Timestamp(nanoseconds: now - 1_000_000_000), timeInForce: order.timeInForce)
  }

  /// Another account's resting order, so that there is something to trade with.
  func quote(_ side: OrderSide, _ dollars: Int64, _ hundredThousandths: Int64) throws {
    let exchange = host.context.exchange
    let other = exchange.openAccount("other")
    exchange.deposit(Simulation.Amount(mantissa: Int64(10_000_000), scale: 0), of: "USD", to: other)
    exchange.deposit(Simulation.Amount(mantissa: Int64(100), scale: 0), of: "BTC", to: other)
    let terms = exchange.instrument(market)
    var order = NewOrder(instrument: market, side: side, kind: .limit)
    order.price = dollars * Self.power(terms.priceScale)
    order.quantity = hundredThousandths * Self.power(terms.quantityScale - 5)
    _ = try exchange.place(order, account: other, at: now)
    pass(milliseconds: 250)
  }

  var openOrderCount: Int { host.context.exchange.openOrders(account).count }

  /// The reports since the last call.
  func takeReports() -> [VenueExecutionReport] {
    defer { reports.removeAll() }
    return reports
  }

  /// A router that remembers nothing of the orders before.
  func restart() {
    for (channel, socket) in sockets {
      host.closed(socket)
      adapter.closed(channel, at: stamp, into: &output)
    }
    output.removeAll()
    inbound.removeAll()
    sockets.removeAll()
    adapter = dialect.makeAdapter(setup)
    connect()
  }

  private static func power(_ exponent: Int) -> Int64 {
    (0..<max(0, exponent)).reduce(1) { value, _ in value * 10 }
  }
}
