/// One WebSocket connection as a dialect sees it; a test can stand in for the network.
package final class VenueSocket {
  package let id: Int
  package let path: String
  /// Whatever the dialect keeps with the connection.
  package var session: AnyObject?
  package private(set) var isClosed = false
  /// While true, direct answers are swallowed: the acknowledgement is lost on the way.
  var isMuted = false
  private let transport: Transport

  /// How a socket reaches the network.
  package struct Transport {
    package var send: ([UInt8]) -> Bool
    package var close: (_ code: UInt16, _ reason: String) -> Void
    package var abort: () -> Void

    package init(
      send: @escaping ([UInt8]) -> Bool,
      close: @escaping (_ code: UInt16, _ reason: String) -> Void, abort: @escaping () -> Void
    ) {
      self.send = send
      self.close = close
      self.abort = abort
    }
  }

  package init(id: Int, path: String, transport: Transport) {
    self.id = id
    self.path = path
    self.transport = transport
  }

  /// Sends a text message; a client that does not read is dropped.
  package func send(_ text: [UInt8]) {
    guard !isClosed, !isMuted else { return }
    if !transport.send(text) { abort() }
  }

  package func send(_ text: String) { send(Array(text.utf8)) }

  package func close(code: UInt16, reason: String) {
    guard !isClosed else { return }
    isClosed = true
    transport.close(code, reason)
  }

  /// Cuts the connection without a closing handshake.
  package func abort() {
    guard !isClosed else { return }
    isClosed = true
    transport.abort()
  }

  func noteClosed() { isClosed = true }
}
