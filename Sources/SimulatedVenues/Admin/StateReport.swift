import Simulation
import Wire

/// What a simulated venue holds to be true, for tests that compare it with what a client believes.
package struct StateReport {
  private let host: VenueHost
  private let exchange: SimulatedExchange
  private let now: Int64

  package init(_ host: VenueHost, at now: Int64) {
    self.host = host
    exchange = host.context.exchange
    self.now = now
  }

  package func serialized() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("venue", exchange.options.venue)
    writer.field("time", RFC3339.format(now))
    writer.field("conserved", bool: exchange.ledger.isConserved)
    writer.field("connections", integer: Int64(host.sockets.count))
    writeAccounts(&writer)
    writer.key("open_orders")
    write(exchange.orders.filter(\.isOpen), &writer)
    writer.key("orders")
    write(exchange.orders, &writer)
    writeTrades(&writer)
    writeRequests(&writer)
    writeInstruments(&writer)
    writeFaults(&writer)
    writer.endObject()
    return writer.bytes
  }

  private func text(_ amount: Amount) -> String {
    DecimalText.format(amount.units, scale: Amount.scale)
  }

  private func writeAccounts(_ writer: inout JSONWriter) {
    writer.key("accounts")
    writer.beginArray()
    for (account, name) in exchange.accountNames.enumerated() where !name.isEmpty {
      writer.beginObject()
      writer.field("account", name)
      writer.key("balances")
      writer.beginObject()
      for asset in exchange.ledger.assets {
        let balance = exchange.balance(account, asset)
        writer.key(asset)
        writer.beginObject()
        writer.field("total", text(balance.total))
        writer.field("hold", text(balance.hold))
        writer.endObject()
      }
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
  }

  private func write(_ orders: [SimulatedOrder], _ writer: inout JSONWriter) {
    writer.beginArray()
    for order in orders {
      let instrument = exchange.instrument(order.terms.instrument)
      writer.beginObject()
      writer.field("id", "\(order.id)")
      writer.field("account", exchange.accountNames[order.account])
      writer.field("client_order_id", order.terms.clientOrderID)
      writer.field("symbol", instrument.symbol)
      writer.field("side", order.terms.side == .buy ? "buy" : "sell")
      writer.field("type", order.terms.kind == .limit ? "limit" : "market")
      writer.field("price", DecimalText.format(order.terms.price, scale: instrument.priceScale))
      writer.field(
        "quantity", DecimalText.format(order.terms.quantity, scale: instrument.quantityScale))
      writer.field(
        "executed", DecimalText.format(order.executed, scale: instrument.quantityScale))
      writer.field("notional", text(order.executedNotional))
      writer.field("fees", text(order.fees))
      writer.field("status", "\(order.status)")
      writer.field("reason", order.closeReason.map { "\($0)" } ?? "")
      writer.field("created_at", RFC3339.format(order.createdAt))
      writer.endObject()
    }
    writer.endArray()
  }

  private func writeTrades(_ writer: inout JSONWriter) {
    writer.key("trades")
    writer.beginArray()
    for fill in exchange.fills {
      let instrument = exchange.instrument(fill.instrument)
      writer.beginObject()
      writer.field("order_id", "\(fill.orderID)")
      writer.field("trade_id", "\(fill.tradeID)")
      writer.field(
        "client_order_id", exchange.order(id: fill.orderID)?.terms.clientOrderID ?? "")
      writer.field("symbol", instrument.symbol)
      writer.field("side", fill.side == .buy ? "buy" : "sell")
      writer.field("liquidity", fill.isMaker ? "maker" : "taker")
      writer.field("price", DecimalText.format(fill.price, scale: instrument.priceScale))
      writer.field("quantity", DecimalText.format(fill.quantity, scale: instrument.quantityScale))
      writer.field("notional", text(fill.notional))
      writer.field("fee", text(fill.fee))
      writer.field("fee_asset", fill.isFeeInQuote ? instrument.quote : instrument.base)
      writer.field("time", RFC3339.format(fill.time))
      writer.endObject()
    }
    writer.endArray()
  }

  private func writeRequests(_ writer: inout JSONWriter) {
    writer.key("requests")
    writer.beginObject()
    for id in exchange.seenClientIDs {
      writer.field(id, integer: Int64(exchange.requestCount(id)))
    }
    writer.endObject()
  }

  private func writeInstruments(_ writer: inout JSONWriter) {
    writer.key("instruments")
    writer.beginArray()
    for index in 0..<exchange.instrumentCount {
      let instrument = exchange.instrument(index)
      writer.beginObject()
      writer.field("symbol", instrument.symbol)
      writer.field("status", FaultRequest.snakeCase(exchange.status(of: index).rawValue))
      for (name, side) in [("best_bid", OrderSide.buy), ("best_ask", .sell)] {
        let price = exchange.levels(index, side, depth: 1).first?.price
        writer.field(name, DecimalText.format(price ?? 0, scale: instrument.priceScale))
      }
      writer.endObject()
    }
    writer.endArray()
  }

  private func writeFaults(_ writer: inout JSONWriter) {
    writer.key("faults")
    writer.beginArray()
    for fault in exchange.faults.faults {
      writer.beginObject()
      writer.field("kind", FaultRequest.snakeCase(fault.kind.rawValue))
      if let count = fault.count { writer.field("count", integer: Int64(count)) }
      if let until = fault.until { writer.field("until", RFC3339.format(until)) }
      writer.endObject()
    }
    writer.endArray()
    writer.key("strikes")
    writer.beginObject()
    for (kind, count) in zip(FaultKind.allCases, exchange.faults.strikes) where count > 0 {
      writer.field(FaultRequest.snakeCase(kind.rawValue), integer: Int64(count))
    }
    writer.endObject()
  }
}
