package import Simulation
package import Wire

/// A failure that a fault asks for, to be put into the venue's own words.
package enum VenueFailure: Sendable, Equatable {
  /// The usual 5xx of the venue's front, which says nothing about the outcome.
  case serverError
  case tooManyRequests(retryMilliseconds: Int64)
  case banned(retryMilliseconds: Int64)
}

/// One venue's protocol, seen from the server: requests in, answers out.
///
/// A dialect has no sockets, no clock and no threads: the host calls it with bytes and the venue's
/// time, and injects the faults that any venue can have. It trades through `VenueContext.exchange`.
package protocol VenueDialect: AnyObject {
  func kind(of request: HTTPRequest) -> RequestKind

  /// The client order ids of new orders in a request, counted even if a fault swallows it.
  func clientOrderIDs(in request: HTTPRequest) -> [String]

  func respond(to request: HTTPRequest, at now: Int64) -> HTTPResponse

  func failure(_ failure: VenueFailure, of request: HTTPRequest) -> HTTPResponse

  /// Whether a WebSocket may be opened at the request's path.
  func acceptsSocket(_ request: HTTPRequest) -> Bool

  func opened(_ socket: VenueSocket, by request: HTTPRequest, at now: Int64)

  func kind(of message: JSONValue) -> RequestKind

  func clientOrderIDs(in message: JSONValue) -> [String]

  /// Handles a message; nil stands for one that is not JSON.
  func received(_ message: JSONValue?, from socket: VenueSocket, at now: Int64)

  /// The error answer to a message; nil if the venue has none and just closes.
  func failure(_ failure: VenueFailure, of message: JSONValue) -> [UInt8]?

  func closed(_ socket: VenueSocket)

  /// Sends what has happened since the last call: book changes, trades, account events, heartbeats.
  ///
  /// Called after every request and at every tick.
  func flush(at now: Int64)

  /// Forgets everything but the credentials; all sockets have been closed.
  func reset(at now: Int64)
}
