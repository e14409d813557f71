import Simulation
import Wire

// The `user` and `balance` channels: what happens to a profile's own orders and money.
extension CoinbaseExchangeDialect {
  func tell(_ event: UserEvent, at now: Int64) {
    let product = products[event.order.terms.instrument]
    let message = message(event, product)
    for socket in sockets {
      guard let session = socket.coinbase, session.account == event.account else { continue }
      if let message, session.follows(.user, product.instrument) { socket.send(message) }
      tellBalances(event.account, product, session, socket, at: now)
    }
  }

  private func message(_ event: UserEvent, _ product: CoinbaseProduct) -> [UInt8]? {
    defer {
      toldRemaining[event.order.id] = event.order.isOpen ? event.order.remaining : nil
    }
    switch event.kind {
    case .accepted: return received(event, product)
    case .rested: return rested(event, product)
    case .fill(let fill): return matched(fill, product)
    case .reduced: return shortened(event, product)
    case .closed: return done(event, product)
    case .amended: return nil  // REST has no amending here.
    }
  }

  /// The fields that every message about an order has.
  private func start(
    _ type: String, _ event: UserEvent, _ product: CoinbaseProduct
  ) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", type)
    writer.field("order_id", CoinbaseIdentifier.order(event.order.id))
    writer.field("side", CoinbaseWord.side(event.order.terms.side))
    writer.field("product_id", product.id)
    writer.field("time", CoinbaseTime.text(event.time))
    // Private messages do not move the product's sequence.
    writer.field("sequence", integer: sequences[product.instrument])
    writer.field("user_id", Self.userID(event.account))
    writer.field("profile_id", Self.profileID(event.account))
    return writer
  }

  private func received(_ event: UserEvent, _ product: CoinbaseProduct) -> [UInt8] {
    let terms = event.order.terms
    var writer = start("received", event, product)
    writer.field("order_type", terms.kind == .limit ? "limit" : "market")
    if terms.quoteQuantity > .zero {
      writer.field("funds", CoinbaseAmount.short(terms.quoteQuantity))
    } else {
      writer.field("size", product.size(terms.quantity))
    }
    if terms.kind == .limit { writer.field("price", product.price(terms.price)) }
    // The only message that carries the client's own id.
    if !terms.clientOrderID.isEmpty { writer.field("client_oid", terms.clientOrderID) }
    writer.endObject()
    return writer.bytes
  }

  private func rested(_ event: UserEvent, _ product: CoinbaseProduct) -> [UInt8] {
    var writer = start("open", event, product)
    writer.field("price", product.price(event.order.terms.price))
    writer.field("remaining_size", product.size(event.order.remaining))
    writer.endObject()
    return writer.bytes
  }

  private func matched(_ fill: SimulatedFill, _ product: CoinbaseProduct) -> [UInt8] {
    let role = fill.isMaker ? "maker" : "taker"
    let rate = fill.isMaker ? exchange.options.fees.maker : exchange.options.fees.taker
    let user = Self.userID(fill.account)
    let profile = Self.profileID(fill.account)
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "match")
    writeMatch(print(of: fill), product, &writer)
    writer.field("user_id", user)
    writer.field("profile_id", profile)
    writer.field("\(role)_user_id", user)
    writer.field("\(role)_profile_id", profile)
    writer.field("\(role)_fee_rate", CoinbaseAmount.rate(rate))
    writer.endObject()
    return writer.bytes
  }

  /// The public trade behind a fill; one that is no longer kept has a stand-in for the other side.
  private func print(of fill: SimulatedFill) -> PublicTrade {
    let trades = exchange.publicTrades(fill.instrument)
    if let trade = trades.last(where: { $0.tradeID == fill.tradeID }) { return trade }
    let other = SyntheticMarket.idBit | fill.tradeID
    return PublicTrade(
      tradeID: fill.tradeID, price: fill.price, quantity: fill.quantity,
      takerSide: fill.isMaker ? fill.side.opposite : fill.side,
      makerOrderID: fill.isMaker ? fill.orderID : other,
      takerOrderID: fill.isMaker ? other : fill.orderID, time: fill.time)
  }

  private func shortened(_ event: UserEvent, _ product: CoinbaseProduct) -> [UInt8] {
    let old = toldRemaining[event.order.id] ?? event.order.terms.quantity
    var writer = start("change", event, product)
    writer.field("reason", "STP")
    writer.field("old_size", product.size(old))
    writer.field("new_size", product.size(event.order.remaining))
    writer.field("price", product.price(event.order.terms.price))
    writer.endObject()
    return writer.bytes
  }

  private func done(_ event: UserEvent, _ product: CoinbaseProduct) -> [UInt8] {
    let order = event.order
    var writer = start("done", event, product)
    writer.field("reason", order.status == .filled ? "filled" : "canceled")
    if order.terms.kind == .limit {
      writer.field("price", product.price(order.terms.price))
      writer.field("remaining_size", product.size(order.remaining))
    }
    if let reason = CoinbaseWord.cancelReason(order.closeReason) {
      writer.field("cancel_reason", reason)
    }
    writer.endObject()
    return writer.bytes
  }

  // MARK: Balances

  private func tellBalances(
    _ account: Int, _ product: CoinbaseProduct, _ session: CoinbaseSession, _ socket: VenueSocket,
    at now: Int64
  ) {
    for asset in [product.terms.base, product.terms.quote] where session.balances.contains(asset) {
      let balance = exchange.balance(account, asset)
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("type", "balance")
      writer.field("account_id", Self.accountID(account, asset))
      writer.field("currency", asset)
      writer.field("holds", CoinbaseAmount.short(balance.hold))
      writer.field("available", CoinbaseAmount.short(balance.available))
      writer.field("updated", CoinbaseTime.text(now))
      writer.field("timestamp", CoinbaseTime.text(now))
      writer.endObject()
      socket.send(writer.bytes)
    }
  }
}
