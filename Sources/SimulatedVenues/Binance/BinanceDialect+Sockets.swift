package import Simulation
package import Wire

/// Connections: market streams under `/ws` and `/stream`, the WebSocket API under `/ws-api/v3`.
extension BinanceDialect {
  static let apiPath = "/ws-api/v3"
  private static let maximumStreams = 1024

  package func acceptsSocket(_ request: HTTPRequest) -> Bool {
    let path = request.path
    return path == "/ws" || path.hasPrefix("/ws/") || path == "/stream" || path == Self.apiPath
  }

  package func opened(_ socket: VenueSocket, by request: HTTPRequest, at now: Int64) {
    let query = request.query
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    let time = BinanceTime(isMicroseconds: value("timeUnit")?.uppercased() == "MICROSECOND")
    let session = BinanceSession(Self.kind(of: request.path), openedAt: now, time: time)
    session.returnsLimits = value("returnRateLimits") != "false"
    let names =
      request.path == "/stream" ? value("streams") ?? "" : String(request.path.dropFirst(4))
    if request.path != Self.apiPath {
      session.streams = names.split(separator: "/").prefix(Self.maximumStreams).map(String.init)
    } else {
      try? gate.count(2, at: now)
    }
    socket.session = session
    sockets.append(socket)
  }

  private static func kind(of path: String) -> BinanceSession.Kind {
    path == apiPath ? .api : .streams(isCombined: path == "/stream")
  }

  package func closed(_ socket: VenueSocket) {
    sockets.removeAll { $0 === socket }
  }

  package func kind(of message: JSONValue) -> RequestKind {
    BinanceEndpoint.socket(message["method"]?.string ?? "")?.operation.kind ?? .session
  }

  package func clientOrderIDs(in message: JSONValue) -> [String] {
    switch message["method"]?.string {
    case "order.place", "order.cancelReplace":
      [message["params"]?["newClientOrderId"]?.text].compactMap { $0 }
    default: []
    }
  }

  package func failure(_ failure: VenueFailure, of message: JSONValue) -> [UInt8]? {
    guard message["params"]?.array == nil else { return nil }
    return apiRefusal(error(failure), id: message["id"], limits: nil, at: exchange.now)
  }

  package func received(_ message: JSONValue?, from socket: VenueSocket, at now: Int64) {
    guard let session = socket.binance else { return }
    switch session.kind {
    case .api: receivedCall(message, session, socket, at: now)
    case .streams:
      guard !context.options.enforcesRateLimits || !session.isTooFast(at: now) else {
        return socket.close(code: 1008, reason: "Too many requests")
      }
      receivedStreamRequest(message, session, socket)
    }
  }

  // MARK: - Market streams

  private func receivedStreamRequest(
    _ message: JSONValue?, _ session: BinanceSession, _ socket: VenueSocket
  ) {
    guard let message, message.members != nil else {
      return socket.send(#"{"error":{"code":3,"msg":"Invalid JSON: expected an object"}}"#)
    }
    let names = (message["params"]?.array ?? []).compactMap(\.string)
    switch message["method"]?.string {
    case "SUBSCRIBE":
      for name in names where !session.streams.contains(name) { session.streams.append(name) }
      guard session.streams.count <= Self.maximumStreams else {
        return socket.close(code: 1008, reason: "Too many streams")
      }
      acknowledge(message, socket) { $0.null() }
    case "UNSUBSCRIBE":
      session.streams.removeAll { names.contains($0) }
      acknowledge(message, socket) { $0.null() }
    case "LIST_SUBSCRIPTIONS":
      acknowledge(message, socket) { writer in
        writer.value(.array(session.streams.map(JSONValue.string)))
      }
    case "SET_PROPERTY": setProperty(message, session, socket)
    case "GET_PROPERTY": acknowledge(message, socket) { $0.bool(session.isCombined) }
    default: refuse(message, "Invalid request: unknown variant", socket)
    }
  }

  private func setProperty(
    _ message: JSONValue, _ session: BinanceSession, _ socket: VenueSocket
  ) {
    guard message["params"]?[0]?.string == "combined",
      let isCombined = message["params"]?[1]?.bool
    else { return refuse(message, "Invalid request: unknown property", socket) }
    session.kind = .streams(isCombined: isCombined)
    acknowledge(message, socket) { $0.null() }
  }

  private func acknowledge(
    _ message: JSONValue, _ socket: VenueSocket, _ result: (inout JSONWriter) -> Void
  ) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("result")
    result(&writer)
    writer.field("id", message["id"] ?? .null)
    writer.endObject()
    socket.send(writer.bytes)
  }

  private func refuse(_ message: JSONValue, _ text: String, _ socket: VenueSocket) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("error")
    writer.beginObject()
    writer.field("code", integer: 2)
    writer.field("msg", text)
    writer.endObject()
    writer.field("id", message["id"] ?? .null)
    writer.endObject()
    socket.send(writer.bytes)
  }
}
