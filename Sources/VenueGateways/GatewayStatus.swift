package import RouterCore
package import VenueAdapters

/// How a venue's connections stand; a copy for other threads.
package struct GatewayStatus: Sendable {
  package struct Channel: Sendable {
    package var name: String
    package var state: String
    package var reconnects: Int
    package var messages: Int
    package var lastMessageAt: Timestamp?
    package var lastClosure: String?
  }

  package struct Incident: Sendable {
    package var at: Timestamp
    package var severity: String
    package var message: String
  }

  package var venue: VenueID
  package var name: String
  package var dialect: String
  package var channels: [Channel] = []
  package var links: [VenueLink: Bool] = [:]
  package var clockOffsetMilliseconds: Double?
  package var clockUncertaintyMilliseconds: Double?
  package var ordersSent = 0
  package var requestsUnknown = 0
  /// Which way new orders take, at a venue that has two.
  package var orderTransports: OrderTransportReading?
  /// The newest first.
  package var incidents: [Incident] = []

  package init(venue: VenueID, name: String, dialect: String) {
    self.venue = venue
    self.name = name
    self.dialect = dialect
  }
}
