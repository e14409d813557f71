package import RouterCore
package import Wire

/// One venue's dialect: bytes in, events out, requests back.
///
/// An adapter has no socket, no clock and no key. It is told what arrived and when, and answers
/// through an `AdapterOutput`; the gateway that owns the sockets carries that out in order. One
/// instance serves one account on one venue and is confined to one thread.
package protocol VenueAdapter: AnyObject {
  /// The sockets this venue needs; the gateway keeps them connected, with back-off.
  var channels: [VenueChannel] { get }

  /// A socket is open; log on and subscribe.
  func opened(
    _ channel: VenueChannel, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput)

  /// One whole WebSocket message. Whatever it holds, the adapter neither traps nor throws: what it
  /// can not understand becomes an `.incident`, and a `.reconnect` where its state is in doubt.
  func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput)

  /// The socket is gone. Books of this channel become invalid, and every order request that was
  /// sent over it and not answered becomes `.outcomeUnknown`.
  func closed(_ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput)

  /// The earliest time at which `timerExpired` wants to be called.
  var nextDeadline: Timestamp { get }
  func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput)

  /// Turns a command into requests. For a new order the gateway has already passed the last gate.
  func encode(
    _ command: VenueCommand, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput)

  /// A book is no longer trusted or has too few known levels; get a fresh snapshot.
  func refreshBook(
    _ listing: ListingID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput)

  /// An HTTP request of ours was answered, whatever the status.
  func answered(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput)

  /// A request (HTTP or socket) was not answered.
  func failed(
    _ tag: RequestTag, _ failure: TransportFailure, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput)

  /// The last byte of a request tagged `.newOrder` or `.cancel` was handed to the kernel.
  ///
  /// The gateway reports `.sent` to the core itself; an adapter notes it if its dialect needs it.
  func sent(_ tag: RequestTag, at stamp: RequestStamp, into output: inout AdapterOutput)

  /// Asked right before the bytes of an order request leave that has waited for a connection; what
  /// may not becomes `.notSent`.
  func mayLeave(_ tag: RequestTag, at stamp: RequestStamp) -> Bool

  /// How the ways of new orders compare; `nil` at a venue that has only one.
  func orderTransports(at time: Timestamp) -> OrderTransportReading?
}

extension VenueAdapter {
  package func mayLeave(_ tag: RequestTag, at stamp: RequestStamp) -> Bool { true }

  package func orderTransports(at time: Timestamp) -> OrderTransportReading? { nil }
}

/// A socket of a venue.
package enum VenueChannel: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case marketData = 0
  /// Private reports, and order entry where the venue takes orders over a socket.
  case privateStream = 1
}

/// The moment at which a request is made.
package struct RequestStamp: Sendable, BitwiseCopyable {
  /// The core's time.
  package var time: Timestamp
  /// The venue's wall clock as well as we know it: ours plus the measured offset.
  package var venueNanoseconds: Int64
  /// Greater than every nonce given before for this key, across restarts.
  package var nonce: UInt64

  package init(time: Timestamp, venueNanoseconds: Int64, nonce: UInt64) {
    self.time = time
    self.venueNanoseconds = venueNanoseconds
    self.nonce = nonce
  }

  package var venueMilliseconds: Int64 { venueNanoseconds / 1_000_000 }
}

/// What can be done with an account's secret without seeing it: a function from bytes to a digest.
package protocol VenueSigner: AnyObject {
  /// The public half of the key.
  var apiKey: String { get }
  /// Coinbase Exchange's third credential; empty elsewhere.
  var passphrase: String { get }
  /// Keyed with the secret, decoded first if the dialect says so.
  func hmacSHA256(_ message: [UInt8]) -> [UInt8]
  func hmacSHA512(_ message: [UInt8]) -> [UInt8]
  func sha256(_ message: [UInt8]) -> [UInt8]
  /// The same signature as of the array, without an array.
  func hmacSHA256(of message: Span<UInt8>) -> SHA256Signature
}

/// The 32 bytes of an HMAC-SHA256.
package typealias SHA256Signature = InlineArray<32, UInt8>

extension VenueSigner {
  package func hmacSHA256(of message: Span<UInt8>) -> SHA256Signature {
    var bytes: [UInt8] = []
    for index in message.indices { bytes.append(message[index]) }
    let signature = hmacSHA256(bytes)
    return SHA256Signature { $0 < signature.count ? signature[$0] : 0 }
  }
}

/// What a request was for, so that its answer finds its way.
package struct RequestTag: Sendable, Hashable, BitwiseCopyable {
  package enum Purpose: UInt8, Sendable, BitwiseCopyable {
    case newOrder = 1
    case cancel = 2
    case orderQuery = 3
    case tradesQuery = 4
    case bookSnapshot = 5
    case streamToken = 6
    case balances = 7
    /// Pings, subscriptions and the like.
    case session = 8
    /// A further step of an order query: open orders, closed orders, by the dialect's own count.
    case orderQueryStep = 9
    /// The list of the account's open orders.
    case openOrders = 10
  }

  package var purpose: Purpose
  /// The dialect's own number, for example a WebSocket request id.
  package var number: UInt64
  package var child: ChildOrderID?
  package var listing: ListingID?

  package init(
    _ purpose: Purpose, number: UInt64 = 0, child: ChildOrderID? = nil, listing: ListingID? = nil
  ) {
    self.purpose = purpose
    self.number = number
    self.child = child
    self.listing = listing
  }
}

/// Why a request has no answer.
package enum TransportFailure: Sendable, Hashable {
  /// Provably no byte left.
  case notSent(String)
  /// Some byte may have left.
  case unknown(String)
}

extension TransportFailure {
  /// The words of either case.
  var text: String {
    switch self {
    case .notSent(let text), .unknown(let text): text
    }
  }
}
