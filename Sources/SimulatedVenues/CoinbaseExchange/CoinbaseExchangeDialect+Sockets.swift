package import Simulation
package import Wire

// The feed: connections and subscriptions.
extension CoinbaseExchangeDialect {
  package func acceptsSocket(_ request: HTTPRequest) -> Bool { request.path == "/" }

  package func opened(_ socket: VenueSocket, by request: HTTPRequest, at now: Int64) {
    socket.session = CoinbaseSession(at: now)
    sockets.append(socket)
  }

  package func closed(_ socket: VenueSocket) { sockets.removeAll { $0 === socket } }

  package func kind(of message: JSONValue) -> RequestKind { .session }

  package func clientOrderIDs(in message: JSONValue) -> [String] { [] }

  package func failure(_ failure: VenueFailure, of message: JSONValue) -> [UInt8]? {
    switch failure {
    case .serverError: Self.error("Internal error", nil)
    case .tooManyRequests: Self.error("Failed to subscribe", "rate limit exceeded")
    case .banned: nil
    }
  }

  package func received(_ message: JSONValue?, from socket: VenueSocket, at now: Int64) {
    guard let session = socket.coinbase else { return }
    guard isAllowed(session, at: now) else {
      socket.send(Self.error("Message rate limit exceeded", nil))
      return socket.close(code: 1008, reason: "rate limit")
    }
    guard let message, message.members != nil else {
      return socket.send(Self.error("Malformed JSON", nil))
    }
    switch message["type"]?.string {
    case "subscribe": change(message, session, socket, at: now, subscribe)
    case "unsubscribe": change(message, session, socket, at: now, unsubscribe)
    default: socket.send(Self.error("Type has to be either subscribe or unsubscribe", nil))
    }
  }

  /// A hundred messages a second, with a burst of a thousand.
  private func isAllowed(_ session: CoinbaseSession, at now: Int64) -> Bool {
    guard context.options.enforcesRateLimits else { return true }
    let elapsed = Double(max(now - session.allowanceAt, 0)) / 1e9
    session.allowance = min(1000, session.allowance + elapsed * 100)
    session.allowanceAt = now
    guard session.allowance >= 1 else { return false }
    session.allowance -= 1
    return true
  }

  static func error(_ message: String, _ reason: String?) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "error")
    writer.field("message", message)
    if let reason { writer.field("reason", reason) }
    writer.endObject()
    return writer.bytes
  }

  // MARK: Subscriptions

  /// One channel of a message with the products that it names.
  private struct Wish {
    var channel: CoinbaseChannel
    var instruments: [Int]
    var accountIDs: [String]
  }

  private func change(
    _ message: JSONValue, _ session: CoinbaseSession, _ socket: VenueSocket, at now: Int64,
    _ apply: ([Wish], CoinbaseSession, VenueSocket, Int64) -> Void
  ) {
    do throws(CoinbaseError) {
      let credential = try gate.authenticate(message, at: now)
      if let credential {
        try gate.require(CoinbasePermission.view, credential)
        session.account = context.account(of: credential)
      }
      let wishes = try wishes(message)
      for wish in wishes where wish.channel.needsKey && credential == nil {
        throw CoinbaseError(401, "\(wish.channel.rawValue) requires authentication")
      }
      session.hasSubscribed = true
      apply(wishes, session, socket, now)
    } catch {
      socket.send(Self.error("Failed to subscribe", error.message))
    }
  }

  private func wishes(_ message: JSONValue) throws(CoinbaseError) -> [Wish] {
    let shared = message["product_ids"]?.array ?? []
    guard let channels = message["channels"]?.array, !channels.isEmpty else {
      throw .invalid("channels")
    }
    var wishes: [Wish] = []
    for entry in channels {
      guard let name = entry.string ?? entry["name"]?.string else { throw .invalid("channels") }
      guard let channel = CoinbaseChannel(name: name) else {
        throw CoinbaseError(400, "\(name) is not a valid channel")
      }
      let instruments = try instruments(entry["product_ids"]?.array ?? shared)
      guard !channel.isOfProducts || !instruments.isEmpty else {
        throw CoinbaseError(400, "\(name) requires product_ids")
      }
      let accounts = (entry["account_ids"] ?? message["account_ids"])?.array ?? []
      wishes.append(
        Wish(
          channel: channel, instruments: instruments, accountIDs: accounts.compactMap(\.string)))
    }
    return wishes
  }

  private func instruments(_ ids: [JSONValue]) throws(CoinbaseError) -> [Int] {
    var instruments: [Int] = []
    for id in ids {
      guard let product = product(id.string) else {
        throw CoinbaseError(400, "\(id.string ?? "product") is not a valid product")
      }
      instruments.append(product.instrument)
    }
    return instruments
  }

  private func subscribe(
    _ wishes: [Wish], _ session: CoinbaseSession, _ socket: VenueSocket, _ now: Int64
  ) {
    for wish in wishes {
      // What the others have not been told yet comes first: a snapshot holds it already.
      if wish.channel == .level2 || wish.channel == .level2Batch {
        for instrument in wish.instruments { flushBook(products[instrument], at: now) }
      }
      follow(wish, session)
    }
    // The list of channels comes before what they bring.
    socket.send(subscriptions(session))
    for wish in wishes {
      if wish.channel == .status { socket.send(statusMessage()) }
      for instrument in wish.instruments {
        greet(wish.channel, products[instrument], socket, at: now)
      }
    }
  }

  private func follow(_ wish: Wish, _ session: CoinbaseSession) {
    switch wish.channel {
    case .status: session.hearsStatus = true
    case .balance:
      guard let account = session.account else { return }
      for asset in exchange.ledger.assets
      where wish.accountIDs.contains(Self.accountID(account, asset))
        && !session.balances.contains(asset)
      {
        session.balances.append(asset)
      }
    default:
      for instrument in wish.instruments { session.follow(wish.channel, instrument) }
    }
  }

  /// The first message of a channel.
  private func greet(
    _ channel: CoinbaseChannel, _ product: CoinbaseProduct, _ socket: VenueSocket, at now: Int64
  ) {
    switch channel {
    case .level2, .level2Batch: socket.send(snapshot(product, at: now))
    case .matches:
      if let last = exchange.publicTrades(product.instrument).last {
        socket.send(matchMessage("last_match", last, product))
      }
    case .ticker, .tickerBatch: socket.send(tickerMessage(product))
    case .heartbeat, .status, .user, .balance: break
    }
  }

  private func unsubscribe(
    _ wishes: [Wish], _ session: CoinbaseSession, _ socket: VenueSocket, _ now: Int64
  ) {
    for wish in wishes {
      switch wish.channel {
      case .status: session.hearsStatus = false
      case .balance: session.balances.removeAll()
      default: session.leave(wish.channel, wish.instruments)
      }
    }
    socket.send(subscriptions(session))
  }

  private func subscriptions(_ session: CoinbaseSession) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "subscriptions")
    writer.key("channels")
    writer.beginArray()
    for channel in CoinbaseChannel.allCases {
      let instruments = session.instruments(channel)
      let isOn = channel == .status ? session.hearsStatus : !session.balances.isEmpty
      guard !instruments.isEmpty || (!channel.isOfProducts && isOn) else { continue }
      writer.beginObject()
      writer.field("name", channel.rawValue)
      writer.key("product_ids")
      writer.beginArray()
      for instrument in instruments { writer.string(products[instrument].id) }
      writer.endArray()
      writer.key("account_ids")
      writer.null()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }
}
