import Simulation

/// What one WebSocket connection has subscribed to.
final class KrakenSession {
  struct BookSubscription: Equatable {
    var instrument: Int
    var depth: Int
  }

  struct PrivateSubscription {
    var account: Int
    var sequence: Int64 = 0
    /// Whether more than fills is told (`order_status`).
    var tellsStatus = true
  }

  var books: [BookSubscription] = []
  var trades: [Int] = []
  /// By pair; true if the ticker follows the best prices and not only trades.
  var tickers: [(instrument: Int, followsQuotes: Bool)] = []
  var instruments = false
  var executions: PrivateSubscription?
  var balances: PrivateSubscription?
  var token: String?
  /// When anything was last sent, for the heartbeat.
  var sentAt: Int64 = 0
  var tellsHeartbeat = false
}

extension VenueSocket {
  var kraken: KrakenSession? { session as? KrakenSession }
}
