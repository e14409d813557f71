package import Simulation
package import Wire

/// The WebSocket API v2: connections, subscriptions and pings.
extension KrakenDialect {
  package func acceptsSocket(_ request: HTTPRequest) -> Bool {
    request.path == "/v2" || request.path == "/"
  }

  package func opened(_ socket: VenueSocket, by request: HTTPRequest, at now: Int64) {
    let session = KrakenSession()
    session.sentAt = now
    socket.session = session
    sockets.append(socket)
    var writer = Self.start("status", "update")
    writer.beginObject()
    writer.field("api_version", "v2")
    writer.field("connection_id", integer: Int64(socket.id) + 10_000_000_000_000_000)
    writer.field("system", systemStatus)
    writer.field("version", "2.0.10")
    writer.endObject()
    Self.finish(&writer)
    send(writer.bytes, to: socket, at: now)
  }

  package func closed(_ socket: VenueSocket) {
    sockets.removeAll { $0 === socket }
    if let token = socket.kraken?.token { gate.setInUse(false, token: token) }
  }

  package func kind(of message: JSONValue) -> RequestKind {
    switch message["method"]?.string {
    case "add_order", "batch_add", "amend_order", "edit_order": .orderEntry
    case "cancel_order", "batch_cancel", "cancel_all", "cancel_all_orders_after": .cancel
    case "subscribe", "unsubscribe", "ping": .session
    default: .query
    }
  }

  package func clientOrderIDs(in message: JSONValue) -> [String] {
    switch message["method"]?.string {
    case "add_order": return [message["params"]?["cl_ord_id"]?.text].compactMap { $0 }
    case "batch_add":
      return (message["params"]?["orders"]?.array ?? []).compactMap { $0["cl_ord_id"]?.text }
    default: return []
    }
  }

  package func failure(_ failure: VenueFailure, of message: JSONValue) -> [UInt8]? {
    let error: KrakenError =
      switch failure {
      case .serverError: .unavailable
      case .tooManyRequests: kind(of: message) == .orderEntry ? .orderRateLimit : .rateLimit
      case .banned: .lockout
      }
    let call = KrakenCall(message, at: context.exchange.now)
    return call.refusal(error)
  }

  package func received(_ message: JSONValue?, from socket: VenueSocket, at now: Int64) {
    guard let message, message.members != nil else {
      return send(
        Array(#"{"error":"Malformed request","success":false}"#.utf8), to: socket, at: now)
    }
    let call = KrakenCall(message, at: now)
    do throws(KrakenError) {
      switch call.method {
      case "ping": send(call.pong(), to: socket, at: now)
      case "subscribe": try subscribe(call, socket, at: now)
      case "unsubscribe": try unsubscribe(call, socket, at: now)
      default: try handleOrderCall(call, socket, at: now)
      }
    } catch {
      send(call.refusal(error), to: socket, at: now)
    }
  }

  func send(_ bytes: [UInt8], to socket: VenueSocket, at now: Int64) {
    socket.kraken?.sentAt = now
    socket.send(bytes)
  }

  static func start(_ channel: String, _ type: String) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("channel", channel)
    writer.field("type", type)
    writer.key("data")
    writer.beginArray()
    return writer
  }

  static func finish(_ writer: inout JSONWriter, sequence: Int64? = nil) {
    writer.endArray()
    if let sequence { writer.field("sequence", integer: sequence) }
    writer.endObject()
  }

  // MARK: Subscriptions

  private func subscribe(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    guard let session = socket.kraken else { return }
    session.tellsHeartbeat = true
    switch call.parameters["channel"] {
    case "book", "trade", "ticker":
      for symbol in try symbols(call, socket, at: now) {
        try subscribe(call, symbol, session, socket, at: now)
      }
    case "instrument": subscribeInstruments(call, session, socket, at: now)
    case "status", "heartbeat": acknowledge(call, socket, at: now) { _ in }
    case "executions": try subscribeExecutions(call, session, socket, at: now)
    case "balances": try subscribeBalances(call, session, socket, at: now)
    case nil: throw KrakenError("Missing channel")
    default: throw KrakenError("Channel not supported")
    }
  }

  /// The pairs that are named; an unknown one is answered by itself.
  private func symbols(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) -> [KrakenPair] {
    let names = call.parameters.list("symbol")
    guard !names.isEmpty else { throw KrakenError("Missing symbol") }
    var known: [KrakenPair] = []
    for name in names {
      if let pair = pairs.first(where: { $0.symbol == name }) {
        known.append(pair)
      } else {
        let error = KrakenError("Currency pair not supported \(name)")
        send(call.refusal(error, symbol: name), to: socket, at: now)
      }
    }
    return known
  }

  private func subscribe(
    _ call: KrakenCall, _ pair: KrakenPair, _ session: KrakenSession, _ socket: VenueSocket,
    at now: Int64
  ) throws(KrakenError) {
    let wantsSnapshot = call.parameters.flag("snapshot", default: call.channel != "trade")
    switch call.channel {
    case "book":
      try subscribeBook(call, pair, session, socket, wantsSnapshot, at: now)
    case "trade":
      if !session.trades.contains(pair.instrument) { session.trades.append(pair.instrument) }
      acknowledge(call, socket, at: now) { writer in
        writer.field("symbol", pair.symbol)
        writer.field("snapshot", bool: wantsSnapshot)
      }
      if wantsSnapshot { sendTradeSnapshot(pair, socket, at: now) }
    default:
      session.tickers.removeAll { $0.instrument == pair.instrument }
      let followsQuotes = call.parameters["event_trigger"] == "bbo"
      session.tickers.append((pair.instrument, followsQuotes))
      acknowledge(call, socket, at: now) { writer in
        writer.field("symbol", pair.symbol)
        writer.field("event_trigger", followsQuotes ? "bbo" : "trades")
        writer.field("snapshot", bool: wantsSnapshot)
      }
      if wantsSnapshot { sendTicker(pair, "snapshot", socket, at: now) }
    }
  }

  private func subscribeBook(
    _ call: KrakenCall, _ pair: KrakenPair, _ session: KrakenSession, _ socket: VenueSocket,
    _ wantsSnapshot: Bool, at now: Int64
  ) throws(KrakenError) {
    let depth = call.parameters["depth"].map { Int($0) ?? 0 } ?? 10
    guard KrakenBook.depths.contains(depth) else {
      throw KrakenError("Subscription depth not supported")
    }
    guard !session.books.contains(where: { $0.instrument == pair.instrument }) else {
      throw KrakenError("Already subscribed")
    }
    session.books.append(.init(instrument: pair.instrument, depth: depth))
    // What the other subscribers have not been told yet comes first, so that all have one book.
    flushBooks(of: pair.instrument, at: now)
    acknowledge(call, socket, at: now) { writer in
      writer.field("symbol", pair.symbol)
      writer.field("depth", integer: Int64(depth))
      writer.field("snapshot", bool: wantsSnapshot)
    }
    let book =
      books.first { $0.pair.instrument == pair.instrument && $0.depth == depth }
      ?? KrakenBook(pair, depth: depth, exchange)
    if !books.contains(where: { $0.pair.instrument == pair.instrument && $0.depth == depth }) {
      books.append(book)
    }
    if wantsSnapshot { send(book.snapshot(at: now), to: socket, at: now) }
  }

  private func subscribeInstruments(
    _ call: KrakenCall, _ session: KrakenSession, _ socket: VenueSocket, at now: Int64
  ) {
    let wantsSnapshot = call.parameters.flag("snapshot", default: true)
    session.instruments = true
    acknowledge(call, socket, at: now) { $0.field("snapshot", bool: wantsSnapshot) }
    if wantsSnapshot {
      let all = Array(pairs.indices)
      send(instrumentMessage("snapshot", all, withAssets: true), to: socket, at: now)
    }
  }

  private func subscribeExecutions(
    _ call: KrakenCall, _ session: KrakenSession, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let account = try authorize(call, session, KrakenPermission.queryOpenTrades, at: now)
    guard session.executions == nil else { throw KrakenError("Already subscribed") }
    let parameters = call.parameters
    let wantsOrders = parameters.flag("snap_orders", default: true)
    let wantsTrades = parameters.flag("snap_trades")
    let tellsStatus = parameters.flag("order_status", default: true)
    session.executions = .init(account: account, tellsStatus: tellsStatus)
    acknowledge(call, socket, at: now) { writer in
      writer.field("maxratecount", integer: Int64(KrakenGate.Tier.engineThreshold))
      writer.field("order_status", bool: tellsStatus)
      writer.field("snap_orders", bool: wantsOrders)
      writer.field("snap_trades", bool: wantsTrades)
      writer.field("snapshot", bool: wantsOrders || wantsTrades)
    }
    guard wantsOrders || wantsTrades else { return }
    sendExecutionSnapshot(account, wantsOrders, wantsTrades, session, socket, at: now)
  }

  private func subscribeBalances(
    _ call: KrakenCall, _ session: KrakenSession, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let account = try authorize(call, session, KrakenPermission.queryFunds, at: now)
    guard session.balances == nil else { throw KrakenError("Already subscribed") }
    let wantsSnapshot = call.parameters.flag("snapshot", default: true)
    session.balances = .init(account: account)
    acknowledge(call, socket, at: now) { $0.field("snapshot", bool: wantsSnapshot) }
    if wantsSnapshot { sendBalanceSnapshot(account, session, socket, at: now) }
  }

  private func authorize(
    _ call: KrakenCall, _ session: KrakenSession, _ permission: String, at now: Int64
  ) throws(KrakenError) -> Int {
    let token = call.parameters["token"]
    let credential = try gate.credential(token: token, at: now)
    guard Self.grants(credential, permission) else { throw .permissionDenied }
    session.token = token
    if let token { gate.setInUse(true, token: token) }
    return context.account(of: credential)
  }

  private func unsubscribe(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    guard let session = socket.kraken else { return }
    switch call.channel {
    case "book", "trade", "ticker":
      for pair in try symbols(call, socket, at: now) {
        switch call.channel {
        case "book": session.books.removeAll { $0.instrument == pair.instrument }
        case "trade": session.trades.removeAll { $0 == pair.instrument }
        default: session.tickers.removeAll { $0.instrument == pair.instrument }
        }
        acknowledge(call, socket, at: now) { $0.field("symbol", pair.symbol) }
      }
      return
    case "instrument": session.instruments = false
    case "executions": session.executions = nil
    case "balances": session.balances = nil
    default: throw KrakenError("Channel not supported")
    }
    acknowledge(call, socket, at: now) { _ in }
  }

  private func acknowledge(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64,
    _ fields: (inout JSONWriter) -> Void
  ) {
    let bytes = call.acknowledgement { writer in
      writer.field("channel", call.channel)
      fields(&writer)
    }
    send(bytes, to: socket, at: now)
  }
}
