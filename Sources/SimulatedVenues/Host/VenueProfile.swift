package import Simulation

/// What one kind of simulated venue is: its pairs, fees, limits and its dialect.
package struct VenueProfile: Sendable {
  package var name: String
  package var port: Int
  package var adminPort: Int
  package var instruments: [SimulatedInstrument]
  package var fees: FeePolicy
  package var holds = HoldPolicy()
  package var openOrderLimit = 200
  package var refusesDuplicateOpenIDs = true
  package var tickMilliseconds = 20
  /// How often the venue pings its WebSocket clients; nil is never.
  package var pingIntervalMilliseconds: Int?
  /// Makes a key, secret and passphrase of the venue's own form from random bytes (at least 160).
  package var makeCredential: @Sendable (_ random: [UInt8]) -> VenueCredential
  package var makeDialect: @Sendable (VenueContext) -> any VenueDialect

  package init(
    name: String, port: Int, adminPort: Int, instruments: [SimulatedInstrument], fees: FeePolicy,
    makeCredential: @escaping @Sendable (_ random: [UInt8]) -> VenueCredential,
    makeDialect: @escaping @Sendable (VenueContext) -> any VenueDialect
  ) {
    self.name = name
    self.port = port
    self.adminPort = adminPort
    self.instruments = instruments
    self.fees = fees
    self.makeCredential = makeCredential
    self.makeDialect = makeDialect
  }
}
