internal import VenueAdapters
internal import VenueGateways

/// The router's end of one WebSocket, connected again with back-off whenever it falls.
final class SimulatedChannel {
  private enum State {
    case waiting, connecting
    case open(SimulatedConnection, ServedSocket)
    case closing
  }

  let channel: VenueChannel
  private unowned let gateway: SimulatedGateway
  private let network: SimulatedNetwork
  private let target: String
  private var backoff: Backoff
  private var state = State.waiting

  init(_ channel: VenueChannel, target: String, gateway: SimulatedGateway) {
    self.channel = channel
    self.gateway = gateway
    self.target = target
    network = gateway.network
    backoff = Backoff(seed: network.random.next())
  }

  func connect() {
    state = .connecting
    var socket: ServedSocket?
    let server = gateway.server
    let target = target
    network.connect(
      timeout: 5_000_000_000,
      decide: { connection in
        socket = server.openSocket(connection, target: target)
        return socket != nil
      },
      done: { [weak self] connection in
        guard let self, gateway.isAlive else {
          connection?.die(.router)
          return
        }
        opened(connection, socket)
      })
  }

  private func opened(_ connection: SimulatedConnection?, _ socket: ServedSocket?) {
    guard let connection, let socket else { return retry() }
    state = .open(connection, socket)
    backoff.succeeded(atMilliseconds: network.now / 1_000_000)
    connection.onClose[WireSide.router.rawValue] = { [weak self] in self?.closed() }
    socket.deliver = { [weak self] text in
      guard let self, gateway.isAlive else { return }
      unsafe text.withUnsafeBytes { bytes in
        unsafe gateway.driver.received(bytes, on: channel, at: gateway.now)
      }
    }
    gateway.driver.opened(channel)
  }

  /// - Returns: Whether some byte may leave.
  func send(_ bytes: [UInt8]) -> Bool {
    guard case .open(let connection, let socket) = state, connection.isOpen(.router) else {
      return false
    }
    network.write(connection) { socket.receive(bytes) }
    return true
  }

  func reconnect() {
    guard case .open(let connection, let socket) = state else { return }
    state = .closing
    socket.deliver = { _ in }
    connection.close(from: .router)
    network.after(network.latency()) { [weak self] in self?.closed() }
  }

  private func closed() {
    guard gateway.isAlive else { return }
    retry()
    gateway.driver.closed(channel)
  }

  private func retry() {
    state = .waiting
    let delay = backoff.nextDelayMilliseconds(atMilliseconds: network.now / 1_000_000)
    network.after(delay * 1_000_000) { [weak self] in
      guard let self, gateway.isAlive else { return }
      connect()
    }
  }

  /// The network breaks, or one direction of it.
  func cut() {
    guard case .open(let connection, _) = state else { return }
    connection.reset()
  }

  /// The process is gone.
  func die() {
    guard case .open(let connection, let socket) = state else { return }
    socket.deliver = { _ in }
    connection.die(.router)
  }
}
