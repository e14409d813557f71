package import Simulation

/// What a dialect works on: the exchange, and who may use it.
package final class VenueContext {
  package internal(set) var exchange: SimulatedExchange
  package let credentials: [VenueCredential]
  package let options: VenueServerOptions

  init(exchange: SimulatedExchange, credentials: [VenueCredential], options: VenueServerOptions) {
    self.exchange = exchange
    self.credentials = credentials
    self.options = options
  }

  package func credential(key: String) -> VenueCredential? {
    credentials.first { $0.key == key }
  }

  /// The account a key trades for.
  package func account(of credential: VenueCredential) -> Int {
    exchange.openAccount(credential.account)
  }
}
