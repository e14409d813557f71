import Platform
import Simulation
import Wire

/// Joins one WebSocket of the network with the host, holding messages back while latency is asked.
///
/// The callbacks of the connection keep it alive.
final class VenueConnection {
  typealias Venue = () -> (host: VenueHost, now: Int64, observer: (any VenueServerObserver)?)

  private let connection: WebSocketServerConnection
  private let request: HTTPRequest
  private let loop: EventLoop
  private let venue: Venue
  private var socket: VenueSocket?
  /// No message overtakes one that was held back before it.
  private var earliest: Int64 = 0
  private var waiting = 0

  init(
    _ connection: WebSocketServerConnection, _ request: HTTPRequest, loop: EventLoop,
    venue: @escaping Venue
  ) {
    self.connection = connection
    self.request = request
    self.loop = loop
    self.venue = venue
  }

  func start() {
    unsafe connection.onMessage = { [self] bytes, _ in unsafe received(Array(bytes)) }
    connection.onClose = { [self] in
      guard let socket else { return }
      venue().host.closed(socket)
    }
    // Nothing may be sent before the handshake's answer is on its way.
    loop.enqueue { [self] in open() }
  }

  private func open() {
    guard connection.isOpen else { return }
    let (host, now, _) = venue()
    let transport = VenueSocket.Transport(
      send: { [unowned self] in send($0) },
      close: { [unowned connection] in connection.close(code: $0, reason: $1) },
      abort: { [unowned connection] in connection.abort() })
    socket = host.open(request, transport, at: now)
  }

  private func send(_ text: [UInt8]) -> Bool {
    let isSent = connection.send(text: text)
    if let observer = venue().observer {
      observer.sent(text, toSocket: socket?.id ?? 0, at: Clock.monotonicNanoseconds())
    }
    return isSent
  }

  private func received(_ text: [UInt8]) {
    let receivedAt = Clock.monotonicNanoseconds()
    let (host, now, observer) = venue()
    let kind = (try? JSONValue(parsing: text)).map { host.dialect.kind(of: $0) } ?? .session
    if kind == .orderEntry { observer?.receivedOrder(at: receivedAt) }
    let latency = host.latencyMilliseconds(kind, over: .socket, at: now)
    let due = max(now + latency * 1_000_000, earliest)
    earliest = due
    guard due > now || waiting > 0 else { return deliver(text) }
    waiting += 1
    loop.schedule(afterNanoseconds: due - now) { [weak self] in
      self?.waiting -= 1
      self?.deliver(text)
    }
  }

  private func deliver(_ text: [UInt8]) {
    guard let socket else { return }
    let (host, now, _) = venue()
    host.receive(text, from: socket, at: now)
  }
}
