import Simulation
import Wire

/// The WebSocket API: every REST operation, sessions and the user data stream.
extension BinanceDialect {
  /// A message of the API that has been read so far.
  private struct Request {
    let id: JSONValue?
    let method: String
    let parameters: BinanceParameters
    let session: BinanceSession
    let socket: VenueSocket
    let now: Int64
  }

  func receivedCall(
    _ message: JSONValue?, _ session: BinanceSession, _ socket: VenueSocket, at now: Int64
  ) {
    guard let message, message.members != nil else {
      return socket.send(apiRefusal(.invalidJSON, id: nil, limits: nil, at: now))
    }
    do throws(BinanceError) {
      let request = Request(
        id: message["id"], method: message["method"]?.string ?? "",
        parameters: try BinanceParameters(params: message["params"]), session: session,
        socket: socket, now: now)
      try answer(request)
    } catch {
      socket.send(
        apiRefusal(error, id: message["id"], limits: limits(session, nil, at: now), at: now))
    }
  }

  private func answer(_ request: Request) throws(BinanceError) {
    let showsLimits =
      request.parameters.flag("returnRateLimits") ?? request.session.returnsLimits
    if let endpoint = BinanceEndpoint.socket(request.method) {
      return try answer(request, endpoint, showsLimits)
    }
    try gate.count(2, at: request.now)
    let result = try sessionResult(request)
    send(result, request, showsLimits ? limits(request.session, nil, at: request.now) : nil)
    tellTerminations(request)
  }

  private func answer(
    _ request: Request, _ endpoint: BinanceEndpoint, _ showsLimits: Bool
  ) throws(BinanceError) {
    try gate.count(Self.weight(of: endpoint, request.parameters), at: request.now)
    var account = -1
    if endpoint.security != .none { account = try authorize(request, endpoint.security) }
    let call = BinanceCall(
      operation: endpoint.operation, parameters: request.parameters, account: account,
      now: request.now, time: request.session.time)
    let result = try result(of: call)
    if endpoint.security == .trade { gate.giveBack(endpoint.weight, at: request.now) }
    let counted = endpoint.operation.kind == .orderEntry ? account : nil
    send(
      result, request, showsLimits ? limits(request.session, counted, at: request.now) : nil)
  }

  /// The account a request acts for: by its own signature, or by the session's.
  private func authorize(
    _ request: Request, _ security: BinanceEndpoint.Security
  ) throws(BinanceError) -> Int {
    let key = request.parameters["apiKey"]
    guard let credential = request.session.loggedOn, key == nil else {
      return try gate.authorize(key: key, security, request.parameters, at: request.now)
    }
    guard credential.grants(security == .trade ? "TRADE" : "USER_DATA") else {
      throw .unauthorized
    }
    try gate.checkTime(request.parameters, at: request.now)
    return context.account(of: credential)
  }

  // MARK: - Sessions

  private func sessionResult(_ request: Request) throws(BinanceError) -> JSONWriter {
    switch request.method {
    case "session.logon": return try logOn(request)
    case "session.status": return status(request)
    case "session.logout":
      request.session.loggedOn = nil
      request.session.endSubscription(nil)
      return status(request)
    case "session.subscriptions": return subscriptions(request)
    case "userDataStream.subscribe":
      guard let credential = request.session.loggedOn else { throw .unauthorized }
      try request.parameters.finish()
      return try subscribe(context.account(of: credential), request)
    case "userDataStream.subscribe.signature":
      let key = request.parameters["apiKey"]
      let account = try gate.authorize(
        key: key, .account, request.parameters, at: request.now)
      try request.parameters.finish()
      return try subscribe(account, request)
    case "userDataStream.unsubscribe": return try unsubscribe(request)
    default: throw BinanceError(-1020, "This operation is not supported.")
    }
  }

  private func logOn(_ request: Request) throws(BinanceError) -> JSONWriter {
    let credential = try gate.credential(request.parameters["apiKey"])
    guard BinanceGate.isEd25519(credential) else { throw .notEd25519 }
    try gate.checkSignature(request.parameters, by: credential)
    try gate.checkTime(request.parameters, at: request.now)
    try request.parameters.finish()
    request.session.loggedOn = credential
    request.session.loggedOnAt = request.now
    return status(request)
  }

  private func status(_ request: Request) -> JSONWriter {
    let session = request.session
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("apiKey")
    if let credential = session.loggedOn { writer.string(credential.key) } else { writer.null() }
    writer.key("authorizedSince")
    if session.loggedOn != nil {
      writer.integer(session.time.of(session.loggedOnAt))
    } else {
      writer.null()
    }
    writer.field("connectedSince", integer: session.time.of(session.openedAt))
    writer.field("returnRateLimits", bool: session.returnsLimits)
    writer.field("serverTime", integer: session.time.of(request.now))
    writer.field("userDataStream", bool: !session.subscriptions.isEmpty)
    writer.endObject()
    return writer
  }

  private func subscriptions(_ request: Request) -> JSONWriter {
    Self.array(request.session.subscriptions.map { Self.subscription($0.id) })
  }

  private static func subscription(_ id: Int64) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("subscriptionId", integer: id)
    writer.endObject()
    return writer
  }

  private func subscribe(_ account: Int, _ request: Request) throws(BinanceError) -> JSONWriter {
    guard !request.session.subscriptions.contains(where: { $0.account == account }) else {
      throw .alreadySubscribed
    }
    return Self.subscription(request.session.subscribe(account))
  }

  private func unsubscribe(_ request: Request) throws(BinanceError) -> JSONWriter {
    let session = request.session
    let id = try request.parameters.integer("subscriptionId")
    guard session.subscriptions.contains(where: { id == nil || $0.id == id }) else {
      throw .notSubscribed
    }
    try request.parameters.finish()
    session.endSubscription(id)
    return Self.emptyObject
  }

  /// Says of each subscription that has just ended that it did.
  private func tellTerminations(_ request: Request) {
    for id in request.session.takeEnded() {
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("e", "eventStreamTerminated")
      writer.field("E", integer: request.session.time.of(request.now))
      writer.endObject()
      request.socket.send(Self.event(writer.bytes, id))
    }
  }

  static func event(_ event: [UInt8], _ subscription: Int64) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: event.count + 48)
    writer.beginObject()
    writer.field("subscriptionId", integer: subscription)
    writer.key("event")
    writer.raw(event)
    writer.endObject()
    return writer.bytes
  }

  // MARK: - Envelopes

  private func send(_ result: JSONWriter, _ request: Request, _ limits: JSONWriter?) {
    var writer = JSONWriter(reservingCapacity: result.bytes.count + 256)
    writer.beginObject()
    writer.field("id", request.id ?? .null)
    writer.field("status", integer: 200)
    writer.key("result")
    writer.raw(result.bytes)
    if let limits {
      writer.key("rateLimits")
      writer.raw(limits.bytes)
    }
    writer.endObject()
    request.socket.send(writer.bytes)
  }

  func apiRefusal(
    _ error: BinanceError, id: JSONValue?, limits: JSONWriter?, at now: Int64
  ) -> [UInt8] {
    var error = error
    if let retryAt = error.retryAt {
      var data = JSONWriter()
      data.beginObject()
      data.field("serverTime", integer: now / 1_000_000)
      data.field("retryAfter", integer: retryAt / 1_000_000)
      data.endObject()
      error.data = data.bytes
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("id", id ?? .null)
    writer.field("status", integer: Int64(error.status == 404 ? 400 : error.status))
    writer.key("error")
    Self.write(error, &writer)
    if let limits {
      writer.key("rateLimits")
      writer.raw(limits.bytes)
    }
    writer.endObject()
    return writer.bytes
  }

  private func limits(
    _ session: BinanceSession, _ account: Int?, at now: Int64
  ) -> JSONWriter? {
    guard session.returnsLimits else { return nil }
    var writer = JSONWriter()
    writer.beginArray()
    if let account {
      let counts = gate.orderCounts(account, at: now)
      Self.writeLimit(
        "ORDERS", "SECOND", 10, limit: BinanceGate.Limit.ordersShort, count: counts.short, &writer)
      Self.writeLimit(
        "ORDERS", "DAY", 1, limit: BinanceGate.Limit.ordersDay, count: counts.day, &writer)
    }
    Self.writeLimit(
      "REQUEST_WEIGHT", "MINUTE", 1, limit: BinanceGate.Limit.weight,
      count: gate.usedWeight(at: now), &writer)
    writer.endArray()
    return writer
  }
}
