import Simulation
import Wire

/// An order of somebody else, as `POST /orders` of the admin interface asks for it.
///
/// It moves a market to where a test wants it: orders that rest make the book, and orders that
/// cross it make public trades.
struct MarketOrderRequest {
  /// Who rests and who takes: one account would be kept from trading with itself.
  private static let makers = "other"
  private static let takers = "other-taker"

  let order: NewOrder

  /// - Throws: What is wrong with the request, in words.
  init(_ body: JSONValue, _ exchange: SimulatedExchange) throws(AdminFault) {
    guard let symbol = body["symbol"]?.string,
      let instrument = exchange.instrumentIndex(symbol: symbol)
    else { throw AdminFault("symbol must be one that is listed here") }
    guard let side = Self.side(body["side"]?.string) else {
      throw AdminFault("side must be buy or sell")
    }
    let terms = exchange.instrument(instrument)
    guard let price = DecimalText.parse(body["price"]?.text ?? "", scale: terms.priceScale),
      price > 0
    else { throw AdminFault("price must be a decimal on the venue's scale") }
    guard
      let quantity = DecimalText.parse(body["quantity"]?.text ?? "", scale: terms.quantityScale),
      quantity > 0
    else { throw AdminFault("quantity must be a decimal on the venue's scale") }
    var order = NewOrder(instrument: instrument, side: side, kind: .limit)
    order.price = price
    order.quantity = quantity
    if body["time_in_force"]?.string == "ioc" { order.lifetime = .immediateOrCancel }
    self.order = order
  }

  private static func side(_ text: String?) -> OrderSide? {
    switch text {
    case "buy": .buy
    case "sell": .sell
    default: nil
    }
  }

  /// Gives the account what the order needs, so that funds are no obstacle, and places it.
  ///
  /// - Throws: The venue's refusal.
  func place(
    at exchange: SimulatedExchange, _ now: Int64
  ) throws(OrderRefusal) -> SimulatedOrder {
    let isTaker = order.lifetime == .immediateOrCancel
    let account = exchange.openAccount(isTaker ? Self.takers : Self.makers)
    let terms = exchange.instrument(order.instrument)
    guard terms.isAffordable(price: order.price, quantity: order.quantity) else {
      throw .quantityTooLarge
    }
    let notional = terms.notional(price: order.price, quantity: order.quantity)
    exchange.deposit(notional + notional, of: terms.quote, to: account)
    let base = terms.baseAmount(order.quantity)
    exchange.deposit(base + base, of: terms.base, to: account)
    return try exchange.place(order, account: account, at: now)
  }

  /// Takes every order that was placed so off the book.
  static func cancelAll(at exchange: SimulatedExchange, _ now: Int64) {
    let account = exchange.openAccount(makers)
    for order in exchange.openOrders(account) {
      _ = try? exchange.cancel(order.id, account: account, at: now)
    }
  }
}

/// What is wrong with a request to the admin interface, in words.
struct AdminFault: Error {
  let words: String

  init(_ words: String) { self.words = words }
}
