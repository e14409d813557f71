internal import Platform
internal import RouterCore
internal import VenueAdapters
internal import Wire

/// One socket of a venue that is connected again, with back-off, whenever it falls.
final class ChannelConnection {
  let channel: VenueChannel
  private unowned let gateway: VenueGateway
  private let client: WebSocketClient
  private var backoff: Backoff
  private var retry: TimerID?
  private var isStopped = false
  private var state = "connecting"
  private var reconnects = 0
  private var messages = 0
  private var lastMessageAt: Timestamp?
  private var lastClosure: String?

  init(_ channel: VenueChannel, gateway: VenueGateway, tls: TLSContext?) {
    self.channel = channel
    self.gateway = gateway
    let settings = gateway.settings
    let url = channel == .marketData ? settings.marketStream : settings.privateStream
    var options = WebSocketOptions()
    options.proxy = settings.proxy
    options.connectTimeoutMilliseconds = settings.connectTimeoutMilliseconds
    client = WebSocketClient(
      loop: gateway.loop, connector: gateway.connector, url: url, tls: url.isSecure ? tls : nil,
      headers: HTTPHeaders([("User-Agent", "sluice")]), options: options)
    backoff = Backoff(seed: UInt64(truncatingIfNeeded: gateway.clock.now.nanoseconds))
  }

  var status: GatewayStatus.Channel {
    GatewayStatus.Channel(
      name: "\(channel)", state: state, reconnects: reconnects, messages: messages,
      lastMessageAt: lastMessageAt, lastClosure: lastClosure)
  }

  func connect() {
    guard !isStopped else { return }
    state = "connecting"
    client.onOpen = { [unowned self] in
      state = "open"
      backoff.succeeded(atMilliseconds: nowMilliseconds)
      gateway.opened(channel)
    }
    unsafe client.onMessage = { [unowned self] message, _, monotonic in
      messages += 1
      let time = gateway.clock.timestamp(monotonicNanoseconds: monotonic)
      lastMessageAt = time
      unsafe gateway.received(message, on: channel, at: time)
    }
    unsafe client.onPong = { [unowned self] payload in
      unsafe gateway.onPong?(channel, Array(payload))
    }
    client.onClose = { [unowned self] closure in
      closed(closure)
    }
    client.connect()
  }

  /// - Returns: Whether the kernel or our own buffer has taken it; then some byte may leave.
  func send(_ bytes: [UInt8]) -> Bool {
    client.send(text: bytes) != .notSent
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    unsafe client.send(text: bytes) != .notSent
  }

  func ping(_ payload: [UInt8]) -> Bool {
    guard client.isOpen else { return false }
    client.ping(payload)
    return true
  }

  func reconnect() {
    client.close(code: 1000, reason: "")
  }

  func stop() {
    isStopped = true
    if let retry { gateway.loop.cancel(retry) }
    client.close(code: 1000, reason: "")
  }

  private func closed(_ closure: WebSocketClosure) {
    guard !isStopped else { return }
    let wasOpen = state == "open"
    state = "waiting"
    lastClosure = words(closure)
    reconnects += 1
    if wasOpen { gateway.closed(channel) }
    let delay = backoff.nextDelayMilliseconds(atMilliseconds: nowMilliseconds)
    gateway.record(
      wasOpen ? .warning : .notice,
      "\(channel) socket \(wasOpen ? "closed" : "not connected"): \(words(closure));"
        + " connecting again in \(delay) ms")
    retry = gateway.loop.schedule(afterNanoseconds: delay * 1_000_000) { [weak self] in
      self?.retry = nil
      self?.connect()
    }
  }

  private func words(_ closure: WebSocketClosure) -> String {
    if let error = closure.error { return "\(error)" }
    let reason = closure.reason.isEmpty ? "" : " \(closure.reason)"
    return closure.code.map { "closed with code \($0)\(reason)" } ?? "the connection broke"
  }

  private var nowMilliseconds: Int64 { gateway.clock.now.nanoseconds / 1_000_000 }
}
