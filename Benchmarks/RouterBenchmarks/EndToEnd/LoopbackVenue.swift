import Foundation
import Platform
import SimulatedVenues
import Simulation

/// One simulated venue whose books somebody else's orders make, as the benchmark wants them.
final class LoopbackVenue {
  let name: String
  let server: VenueServer
  private let maker: Int
  private let hasPassphrase: Bool
  private var moved: [Int: UInt64] = [:]

  init(_ name: String, symbols: [String], directory: String, loop: EventLoop) throws {
    guard let profile = VenueProfiles.named(name) else { throw LoopbackFailure("no venue \(name)") }
    self.name = name
    var options = VenueServerOptions(profile: profile)
    options.port = 0
    options.adminPort = 0
    options.certificateDirectory = "\(directory)/certificates"
    options.credentialFile = try VenueFiles.writeCredential(
      of: profile, directory: "\(directory)/credentials")
    options.enforcesRateLimits = false
    // Equal everywhere, so that price alone decides where an order goes.
    _ = options.setFees(takerBasisPoints: "10", makerBasisPoints: "8")
    options.hasMarket = false
    let plenty = Amount(mantissa: Int64(1_000_000_000), scale: 0)
    options.initialBalances = ["USD", "BTC", "ETH", "SOL"].map { ($0, plenty) }
    server = try VenueServer(options, loop: loop)
    hasPassphrase = name == "coinbase-exchange"
    let exchange = server.host.context.exchange
    maker = exchange.openAccount("maker")
    for asset in ["USD", "BTC", "ETH", "SOL"] { exchange.deposit(plenty, of: asset, to: maker) }
    for symbol in symbols { try makeBook(symbol) }
  }

  var exchange: SimulatedExchange { server.host.context.exchange }

  /// The venue's entry in the router's settings.
  var settings: String {
    let paths =
      name == "binance" ? ("/ws", "/ws-api/v3") : name == "kraken" ? ("/v2", "/v2") : ("/", "/")
    let passphrase = hasPassphrase ? ", passphrase: {file: 'credentials/\(name).passphrase'}" : ""
    return """
      {
        name: '\(name)', protocol: '\(name)', certificate_authority: 'certificates/ca.pem',
        endpoints: {
          rest: 'https://127.0.0.1:\(server.port)',
          market_stream: 'wss://127.0.0.1:\(server.port)\(paths.0)',
          private_stream: 'wss://127.0.0.1:\(server.port)\(paths.1)',
        },
        credentials: {
          key: {file: 'credentials/\(name).key'},
          secret: {file: 'credentials/\(name).secret'}\(passphrase),
        },
      }
      """
  }

  // MARK: The book

  /// Twenty levels on each side of a reference that all venues share, a hundredth apart.
  private func makeBook(_ symbol: String) throws {
    for step in 1...20 {
      try place(symbol, .sell, cents: Self.reference(symbol) + Int64(step * 100), lots: 50)
      try place(symbol, .buy, cents: Self.reference(symbol) - Int64(step * 100), lots: 50)
    }
  }

  /// In cents of the quote asset.
  static func reference(_ symbol: String) -> Int64 {
    symbol.hasPrefix("BTC") ? 6_420_000 : symbol.hasPrefix("ETH") ? 315_000 : 15_200
  }

  /// The smallest quantity that is used, as the client writes it.
  static func lot(_ symbol: String) -> String { symbol.hasPrefix("BTC") ? "0.001" : "0.1" }

  /// Somebody else's order, at a price in cents.
  @discardableResult
  func place(_ symbol: String, _ side: OrderSide, cents: Int64, lots: Int64) throws -> UInt64 {
    guard let index = exchange.instrumentIndex(symbol: symbol) else {
      throw LoopbackFailure("\(name) does not list \(symbol)")
    }
    let terms = exchange.instrument(index)
    var order = NewOrder(instrument: index, side: side, kind: .limit)
    order.price = scaled(cents, from: 2, to: terms.priceScale)
    order.quantity = scaled(
      lots, from: symbol.hasPrefix("BTC") ? 3 : 1, to: terms.quantityScale)
    do {
      return try exchange.place(order, account: maker, at: Clock.wallNanoseconds()).id
    } catch {
      throw LoopbackFailure("\(name) refuses a maker's order: \(error)")
    }
  }

  func cancel(_ order: UInt64) {
    _ = try? exchange.cancel(order, account: maker, at: Clock.wallNanoseconds())
  }

  /// Puts an order some way behind the best bid, or takes back the one that stands there.
  func move(_ symbol: String, _ step: Int) throws {
    try change(symbol, step)
    flush()
  }

  private func change(_ symbol: String, _ step: Int) throws {
    if let order = moved[step] {
      cancel(order)
      moved[step] = nil
    } else {
      moved[step] = try place(
        symbol, .buy, cents: Self.reference(symbol) - 150 - Int64(step * 100), lots: 3)
    }
  }

  /// Two messages that change `levels` levels of a book and change them back: a flood of market data
  /// that costs the feeder no more than the sending.
  func makeFlood(_ symbol: String, levels: Int, _ observer: VenueObserver) throws -> [BookFlood] {
    var messages: [BookFlood] = []
    for _ in 0..<2 {
      let kept = try observer.keep {
        for step in 0..<levels { try change(symbol, step) }
        flush()
      }
      guard kept.count == 1, let message = kept.first,
        let socket = server.host.sockets.first(where: { $0.id == message.socket })
      else { throw LoopbackFailure("\(name): one message was expected, not \(kept.count)") }
      messages.append(BookFlood(socket: socket, text: message.text))
    }
    return messages
  }

  /// Tells the clients what has changed.
  func flush() { server.host.tick(at: Clock.wallNanoseconds()) }

  private func scaled(_ value: Int64, from: Int, to: Int) -> Int64 {
    var value = value
    for _ in 0..<max(to - from, 0) { value *= 10 }
    for _ in 0..<max(from - to, 0) { value /= 10 }
    return value
  }
}

/// A message about a book that can be sent again and again.
struct BookFlood {
  let socket: VenueSocket
  let text: [UInt8]

  func send() { socket.send(text) }
}
