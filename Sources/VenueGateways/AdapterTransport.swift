package import RouterCore
package import VenueAdapters
package import Wire

/// What an `AdapterDriver` stands on: sockets and clients in the service, a network of bytes in
/// virtual time in the simulator.
///
/// An order request that has been taken calls `AdapterDriver.mayLeave` right before its bytes go,
/// and every request ends in exactly one `answered` or `failed`, never inside the call that took it.
package protocol AdapterTransport: AnyObject {
  /// The core's time.
  var now: Timestamp { get }
  /// This machine's wall clock, in nanoseconds since 1970.
  var wallNanoseconds: Int64 { get }
  /// Greater than every nonce given before for this key, across restarts; 0 if there is none.
  func nextNonce() -> UInt64

  /// - Returns: Whether some byte may leave.
  func send(_ bytes: [UInt8], on channel: VenueChannel) -> Bool
  /// The same with bytes that are lent for the call.
  func send(_ bytes: UnsafeRawBufferPointer, on channel: VenueChannel) -> Bool
  /// Through the client that sends exactly once.
  func sendOnce(_ request: HTTPRequest, tag: RequestTag)
  /// The same with a request that stands in bytes lent for the call.
  func sendOnce(_ request: PreparedRequest, in bytes: UnsafeRawBufferPointer, tag: RequestTag)
  /// Through the client that may repeat a request.
  func fetch(_ request: HTTPRequest, tag: RequestTag)
  /// Closes a socket, to be connected again after back-off.
  func reconnect(_ channel: VenueChannel)
  /// Calls `AdapterDriver.timerExpired` then, instead of whenever was asked for before.
  func wake(at deadline: Timestamp)

  /// Events in order, with the levels of their book updates; valid during the call only.
  func received(_ batch: borrowing EventBatch)
  /// Asked right before the bytes of a new order that has waited for a connection.
  func mayStillSend(_ child: ChildOrderID) -> Bool
  func record(_ severity: AdapterOutput.Incident.Severity, _ message: String)

  /// A new order is encoded and signed.
  func noteSigned(_ child: ChildOrderID)
  /// The last byte of a new order has left over a socket.
  func noteWritten(_ child: ChildOrderID)
}

extension AdapterTransport {
  package func send(_ bytes: UnsafeRawBufferPointer, on channel: VenueChannel) -> Bool {
    unsafe send(Array(bytes), on: channel)
  }

  package func sendOnce(
    _ request: PreparedRequest, in bytes: UnsafeRawBufferPointer, tag: RequestTag
  ) {
    let bytes = unsafe Array(bytes)
    guard let request = HTTPRequest(request, in: bytes.span) else {
      preconditionFailure("an adapter prepared what is no request")
    }
    sendOnce(request, tag: tag)
  }

  package func noteSigned(_ child: ChildOrderID) {}
  package func noteWritten(_ child: ChildOrderID) {}
}
