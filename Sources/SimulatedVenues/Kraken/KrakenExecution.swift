import Simulation
import Wire

/// The rows of the `executions` and `balances` channels.
enum KrakenExecution {
  /// The rows that one event becomes, each of which is a message of its own.
  ///
  /// Only the first carries the order's terms; those after it are deltas.
  static func rows(_ event: UserEvent, _ pair: KrakenPair, tellsStatus: Bool) -> [JSONWriter] {
    switch event.kind {
    case .accepted where tellsStatus:
      [
        complete(event.order, pair, "pending_new", status: "pending_new", at: event.time),
        delta(event.order, "new", status: "new", at: event.time),
      ]
    case .fill(let fill): [trade(fill, event.order, pair)]
    case .amended where tellsStatus: [amended(event, pair)]
    case .closed where tellsStatus: [closed(event, pair)]
    default: []
    }
  }

  /// An open order in the snapshot.
  static func snapshotRow(_ order: SimulatedOrder, _ pair: KrakenPair) -> JSONWriter {
    let isTouched = order.executed > 0
    return complete(
      order, pair, isTouched ? "status" : "new", status: isTouched ? "partially_filled" : "new",
      at: order.updatedAt)
  }

  private static func complete(
    _ order: SimulatedOrder, _ pair: KrakenPair, _ type: String, status: String, at time: Int64
  ) -> JSONWriter {
    let terms = order.terms
    var writer = start(order, type, status)
    if !terms.clientOrderID.isEmpty { writer.field("cl_ord_id", terms.clientOrderID) }
    writer.field("order_userref", integer: terms.userReference)
    writer.field("symbol", pair.symbol)
    writer.field("side", terms.side == .buy ? "buy" : "sell")
    writer.field("order_type", terms.kind == .limit ? "limit" : "market")
    if terms.quoteQuantity > .zero {
      writer.field("cash_order_qty", number: KrakenAsset.text(terms.quoteQuantity, digits: 5))
    } else {
      writer.field("order_qty", number: pair.quantity(terms.quantity))
    }
    if terms.kind == .limit {
      writer.field("limit_price", number: pair.price(terms.price))
      writer.field("limit_price_type", "static")
    }
    writer.field("time_in_force", KrakenOrderForm.lifetime(terms))
    if terms.expiresAt > 0 { writer.field("expire_time", KrakenTime.text(terms.expiresAt)) }
    if terms.isPostOnly { writer.field("post_only", bool: true) }
    writer.field("cum_qty", number: pair.quantity(order.executed))
    writer.field("cum_cost", number: KrakenAsset.text(order.executedNotional, digits: 5))
    if order.executed > 0 { writer.field("avg_price", number: pair.averagePrice(order)) }
    writer.field("fee_ccy_pref", KrakenOrderForm.feePreference(order))
    return finish(&writer, time)
  }

  private static func start(
    _ order: SimulatedOrder, _ type: String, _ status: String
  ) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("order_id", KrakenIdentifier.order(order.id))
    writer.field("exec_type", type)
    writer.field("order_status", status)
    return writer
  }

  private static func finish(_ writer: inout JSONWriter, _ time: Int64) -> JSONWriter {
    writer.field("timestamp", KrakenTime.text(time))
    writer.endObject()
    return writer
  }

  private static func delta(
    _ order: SimulatedOrder, _ type: String, status: String, at time: Int64
  ) -> JSONWriter {
    var writer = start(order, type, status)
    return finish(&writer, time)
  }

  /// A fill; it says `partially_filled` even if it completes the order, which a later row tells.
  static func trade(
    _ fill: SimulatedFill, _ order: SimulatedOrder, _ pair: KrakenPair
  ) -> JSONWriter {
    var writer = start(order, "trade", "partially_filled")
    writer.field("exec_id", KrakenIdentifier.execution(fill))
    writer.field("trade_id", integer: Int64(clamping: fill.tradeID))
    writer.field("symbol", pair.symbol)
    writer.field("side", fill.side == .buy ? "buy" : "sell")
    writer.field("last_qty", number: pair.quantity(fill.quantity))
    writer.field("last_price", number: pair.price(fill.price))
    writer.field("cost", number: KrakenAsset.text(fill.notional, digits: 5))
    writer.field("liquidity_ind", fill.isMaker ? "m" : "t")
    writer.field("order_type", order.terms.kind == .limit ? "limit" : "market")
    writeProgress(order, pair, &writer)
    let fee = KrakenAsset.text(fill.fee, digits: 5)
    if fill.isFeeInQuote { writer.field("fee_usd_equiv", number: fee) }
    writer.key("fees")
    writer.beginArray()
    writer.beginObject()
    writer.field("asset", fill.isFeeInQuote ? pair.terms.quote : pair.terms.base)
    writer.field("qty", number: fee)
    writer.endObject()
    writer.endArray()
    return finish(&writer, fill.time)
  }

  private static func writeProgress(
    _ order: SimulatedOrder, _ pair: KrakenPair, _ writer: inout JSONWriter
  ) {
    writer.field("cum_qty", number: pair.quantity(order.executed))
    writer.field("cum_cost", number: KrakenAsset.text(order.executedNotional, digits: 5))
    writer.field("avg_price", number: pair.averagePrice(order))
  }

  private static func amended(_ event: UserEvent, _ pair: KrakenPair) -> JSONWriter {
    let order = event.order
    var writer = start(order, "amended", order.executed > 0 ? "partially_filled" : "new")
    writer.field("order_qty", number: pair.quantity(order.terms.quantity))
    writer.field("limit_price", number: pair.price(order.terms.price))
    writer.field("amended", bool: true)
    writer.field("cum_qty", number: pair.quantity(order.executed))
    return finish(&writer, event.time)
  }

  private static func closed(_ event: UserEvent, _ pair: KrakenPair) -> JSONWriter {
    let order = event.order
    let type =
      switch order.status {
      case .filled: "filled"
      case .expired: "expired"
      case .open, .canceled: "canceled"
      }
    var writer = start(order, type, type)
    writeProgress(order, pair, &writer)
    if let reason = KrakenOrderForm.reason(order) {
      writer.field("reason", reason)
      writer.field("cancel_reason", reason)
    }
    return finish(&writer, event.time)
  }

  // MARK: Balances

  /// The two ledger entries of a fill: the base asset's and the quote asset's.
  static func balanceRows(_ fill: SimulatedFill, _ pair: KrakenPair) -> [JSONWriter] {
    let base = pair.terms.baseAmount(fill.quantity)
    let isBuy = fill.side == .buy
    return [
      balanceRow(
        fill, pair.terms.base, isBase: true, amount: isBuy ? base : .zero - base,
        fee: fill.isFeeInQuote ? .zero : fill.fee, balance: fill.baseBalance),
      balanceRow(
        fill, pair.terms.quote, isBase: false,
        amount: isBuy ? .zero - fill.notional : fill.notional,
        fee: fill.isFeeInQuote ? fill.fee : .zero, balance: fill.quoteBalance),
    ]
  }

  private static func balanceRow(
    _ fill: SimulatedFill, _ asset: String, isBase: Bool, amount: Amount, fee: Amount,
    balance: Amount
  ) -> JSONWriter {
    let digits = KrakenAsset.decimals(asset)
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("ledger_id", KrakenIdentifier.ledger(fill, isBase: isBase))
    writer.field("ref_id", KrakenIdentifier.execution(fill))
    writer.field("timestamp", KrakenTime.text(fill.time))
    writer.field("type", "trade")
    writer.field("subtype", "")
    writer.field("asset", asset)
    writer.field("asset_class", "currency")
    writer.field("category", "trade")
    writer.field("wallet_type", "spot")
    writer.field("wallet_id", "main")
    writer.field("amount", number: KrakenAsset.text(amount, digits: digits))
    writer.field("fee", number: KrakenAsset.text(fee, digits: digits))
    writer.field("balance", number: KrakenAsset.text(balance, digits: digits))
    writer.endObject()
    return writer
  }
}
