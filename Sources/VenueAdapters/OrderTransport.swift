/// A way that new orders can take to a venue.
package enum OrderTransport: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// The private socket.
  case socket = 0
  /// A request of its own, over the connections that send exactly once.
  case http = 1

  package var name: String {
    switch self {
    case .socket: "socket"
    case .http: "http"
    }
  }

  /// The other one of the two.
  var other: OrderTransport { self == .socket ? .http : .socket }
}

/// Which way new orders take at a venue that has both.
package enum OrderTransportPolicy: String, Sendable, BitwiseCopyable, CaseIterable {
  /// The one that has answered sooner of late; see `OrderTransportChoice`.
  case fastest
  case socket
  case http

  /// The only way that this policy leaves.
  package var fixed: OrderTransport? {
    switch self {
    case .fastest: nil
    case .socket: .socket
    case .http: .http
    }
  }
}

/// How the choice between two ways stands, and on what evidence.
package struct OrderTransportReading: Sendable, Hashable {
  package struct Way: Sendable, Hashable {
    package var transport: OrderTransport
    /// Answers that count at present.
    package var samples: Int
    /// Of the time from an order's sending to the first definite answer; 0 without samples.
    package var medianNanoseconds: Int64
    package var tailNanoseconds: Int64

    package init(
      _ transport: OrderTransport, samples: Int, medianNanoseconds: Int64, tailNanoseconds: Int64
    ) {
      self.transport = transport
      self.samples = samples
      self.medianNanoseconds = medianNanoseconds
      self.tailNanoseconds = tailNanoseconds
    }
  }

  package var policy: OrderTransportPolicy
  package var chosen: OrderTransport
  package var ways: [Way]

  package init(policy: OrderTransportPolicy, chosen: OrderTransport, ways: [Way]) {
    self.policy = policy
    self.chosen = chosen
    self.ways = ways
  }
}
