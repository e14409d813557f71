import Simulation

/// What can be asked of Binance, over REST or over the WebSocket API.
enum BinanceOperation {
  case ping, time, exchangeInfo, depth, trades, aggregateTrades, averagePrice
  case dayTicker, priceTicker, bookTicker
  case placeOrder, testOrder, cancelOrder, cancelOpenOrders, replaceOrder, amendOrder
  case order, openOrders, allOrders, myTrades, account, commission, orderCounts, coins
  /// Wallet and margin metadata, which general clients ask for when they load the markets.
  case marginPairs
  case retired

  /// What a request for it is struck by.
  var kind: RequestKind {
    switch self {
    case .placeOrder, .replaceOrder, .amendOrder: .orderEntry
    case .cancelOrder, .cancelOpenOrders: .cancel
    case .order, .openOrders, .allOrders, .myTrades, .account, .commission, .orderCounts, .coins,
      .marginPairs, .testOrder:
      .query
    case .ping, .time, .exchangeInfo, .depth, .trades, .aggregateTrades, .averagePrice, .dayTicker,
      .priceTicker, .bookTicker:
      .marketData
    case .retired: .session
    }
  }
}

/// An operation under its names, with its price in request weight and what it needs of a key.
struct BinanceEndpoint {
  enum Security {
    case none
    /// Signed, and the key may read the account.
    case account
    /// Signed, and the key may trade.
    case trade
  }

  let operation: BinanceOperation
  let verb: String
  let path: String
  /// The method of the WebSocket API; empty if it has none.
  let method: String
  let weight: Int
  let security: Security

  private init(
    _ operation: BinanceOperation, _ verb: String, _ path: String, _ method: String, _ weight: Int,
    _ security: Security = .none
  ) {
    self.operation = operation
    self.verb = verb
    self.path = path
    self.method = method
    self.weight = weight
    self.security = security
  }

  static func rest(_ verb: String, _ path: String) -> BinanceEndpoint? {
    all.first { $0.path == path && $0.verb == verb }
  }

  static func socket(_ method: String) -> BinanceEndpoint? {
    method.isEmpty ? nil : all.first { $0.method == method }
  }

  private static let all: [BinanceEndpoint] = [
    BinanceEndpoint(.ping, "GET", "/api/v3/ping", "ping", 1),
    BinanceEndpoint(.time, "GET", "/api/v3/time", "time", 1),
    BinanceEndpoint(.exchangeInfo, "GET", "/api/v3/exchangeInfo", "exchangeInfo", 20),
    BinanceEndpoint(.depth, "GET", "/api/v3/depth", "depth", 5),
    BinanceEndpoint(.trades, "GET", "/api/v3/trades", "trades.recent", 25),
    BinanceEndpoint(.aggregateTrades, "GET", "/api/v3/aggTrades", "trades.aggregate", 4),
    BinanceEndpoint(.averagePrice, "GET", "/api/v3/avgPrice", "avgPrice", 2),
    BinanceEndpoint(.dayTicker, "GET", "/api/v3/ticker/24hr", "ticker.24hr", 2),
    BinanceEndpoint(.priceTicker, "GET", "/api/v3/ticker/price", "ticker.price", 2),
    BinanceEndpoint(.bookTicker, "GET", "/api/v3/ticker/bookTicker", "ticker.book", 2),
    BinanceEndpoint(.placeOrder, "POST", "/api/v3/order", "order.place", 1, .trade),
    BinanceEndpoint(.testOrder, "POST", "/api/v3/order/test", "order.test", 1, .trade),
    BinanceEndpoint(.cancelOrder, "DELETE", "/api/v3/order", "order.cancel", 1, .trade),
    BinanceEndpoint(
      .cancelOpenOrders, "DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 1, .trade),
    BinanceEndpoint(
      .replaceOrder, "POST", "/api/v3/order/cancelReplace", "order.cancelReplace", 1, .trade),
    BinanceEndpoint(
      .amendOrder, "PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", 4, .trade),
    BinanceEndpoint(.order, "GET", "/api/v3/order", "order.status", 4, .account),
    BinanceEndpoint(.openOrders, "GET", "/api/v3/openOrders", "openOrders.status", 6, .account),
    BinanceEndpoint(.allOrders, "GET", "/api/v3/allOrders", "allOrders", 20, .account),
    BinanceEndpoint(.myTrades, "GET", "/api/v3/myTrades", "myTrades", 20, .account),
    BinanceEndpoint(.account, "GET", "/api/v3/account", "account.status", 20, .account),
    BinanceEndpoint(
      .commission, "GET", "/api/v3/account/commission", "account.commission", 20, .account),
    BinanceEndpoint(
      .orderCounts, "GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", 40, .account),
    BinanceEndpoint(.coins, "GET", "/sapi/v1/capital/config/getall", "", 10, .account),
    BinanceEndpoint(.marginPairs, "GET", "/sapi/v1/margin/allPairs", "", 1, .account),
    BinanceEndpoint(.marginPairs, "GET", "/sapi/v1/margin/isolated/allPairs", "", 1, .account),
    BinanceEndpoint(.retired, "POST", "/api/v3/userDataStream", "userDataStream.start", 2),
    BinanceEndpoint(.retired, "PUT", "/api/v3/userDataStream", "userDataStream.ping", 2),
    BinanceEndpoint(.retired, "DELETE", "/api/v3/userDataStream", "userDataStream.stop", 2),
  ]
}

/// One request that has passed the gate.
struct BinanceCall {
  let operation: BinanceOperation
  let parameters: BinanceParameters
  /// The account that signed it; -1 if nothing had to be signed.
  let account: Int
  let now: Int64
  let time: BinanceTime
}
