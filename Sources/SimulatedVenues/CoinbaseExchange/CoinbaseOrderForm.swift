import Simulation
import Wire

/// An order that was refused after it had been given an id.
struct CoinbaseRejection {
  var terms: NewOrder
  var account: Int
  var reason: String
}

/// Orders as REST writes them.
struct CoinbaseOrderForm {
  let product: CoinbaseProduct

  /// The answer to `POST /orders`: accepted, and nothing said about fills yet.
  func accepted(_ order: SimulatedOrder, _ writer: inout JSONWriter) {
    writer.beginObject()
    terms(id: order.id, order.account, order.terms, order.createdAt, &writer)
    writer.field("fill_fees", "0")
    writer.field("filled_size", "0")
    writer.field("executed_value", "0")
    writer.field("status", "pending")
    writer.field("settled", bool: false)
    writer.endObject()
  }

  /// An order that the engine took and would not have.
  func rejected(
    id: UInt64, _ rejection: CoinbaseRejection, at now: Int64, _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    terms(id: id, rejection.account, rejection.terms, now, &writer)
    writer.field("done_at", CoinbaseTime.text(now))
    writer.field("done_reason", "rejected")
    writer.field("reject_reason", rejection.reason)
    writer.field("fill_fees", "0")
    writer.field("filled_size", "0")
    writer.field("executed_value", "0")
    writer.field("status", "rejected")
    writer.field("settled", bool: true)
    writer.endObject()
  }

  func state(_ order: SimulatedOrder, _ writer: inout JSONWriter) {
    writer.beginObject()
    terms(id: order.id, order.account, order.terms, order.createdAt, &writer)
    if !order.isOpen {
      writer.field("done_at", CoinbaseTime.text(order.closedAt))
      writer.field("done_reason", order.status == .filled ? "filled" : "canceled")
    }
    writer.field("fill_fees", CoinbaseAmount.long(order.fees))
    writer.field("filled_size", product.size(order.executed))
    writer.field("executed_value", CoinbaseAmount.long(order.executedNotional))
    writer.field("market_type", "spot")
    writer.field("funding_currency", product.terms.quote)
    writer.field("status", order.isOpen ? "open" : "done")
    writer.field("settled", bool: !order.isOpen)
    writer.endObject()
  }

  private func terms(
    id: UInt64, _ account: Int, _ terms: NewOrder, _ createdAt: Int64, _ writer: inout JSONWriter
  ) {
    writer.field("id", CoinbaseIdentifier.order(id))
    if !terms.clientOrderID.isEmpty { writer.field("client_oid", terms.clientOrderID) }
    if terms.kind == .limit { writer.field("price", product.price(terms.price)) }
    if terms.quoteQuantity > .zero {
      let funds = CoinbaseAmount.short(terms.quoteQuantity)
      writer.field("funds", funds)
      writer.field("specified_funds", funds)
    } else {
      writer.field("size", product.size(terms.quantity))
    }
    writer.field("product_id", product.id)
    writer.field("profile_id", CoinbaseExchangeDialect.profileID(account))
    writer.field("side", CoinbaseWord.side(terms.side))
    writer.field("type", terms.kind == .limit ? "limit" : "market")
    writer.field("stp", CoinbaseWord.selfTradePrevention(terms.selfTradePrevention))
    if terms.kind == .limit { writer.field("time_in_force", CoinbaseWord.timeInForce(terms)) }
    if terms.expiresAt > 0 { writer.field("expire_time", CoinbaseTime.text(terms.expiresAt)) }
    writer.field("post_only", bool: terms.isPostOnly)
    writer.field("created_at", CoinbaseTime.text(createdAt))
  }
}
