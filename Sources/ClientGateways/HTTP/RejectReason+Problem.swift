internal import RouterCore

extension RejectReason {
  /// What a client is told: 422 for a request that can not be, 503 where waiting may help.
  var problem: Problem {
    Problem(
      status, name.split(separator: "_").joined(separator: "-"), title: "The request was refused",
      detail: advice, field: field)
  }

  private var status: Int {
    switch self {
    case .halted, .notRecovered, .journalFailed, .tooManyOrders, .noMarket, .openOrdersLimit,
      .throttled, .maintenance:
      503
    case .unknownOrder: 404
    case .orderAlreadyClosed, .cancelPending: 409
    default: 422
    }
  }

  private var field: String? {
    switch self {
    case .unknownInstrument: "symbol"
    case .invalidQuantity, .orderQuantityLimit: "quantity"
    case .invalidPrice, .priceCollar: "limit_price"
    case .unsupportedOrderType: "type"
    case .invalidRouting: "routing"
    case .duplicateClientOrderID: "client_order_id"
    case .notReplaceable: "quantity"
    case .missingDeadline, .deadlinePassed, .staleAtDecision, .staleAtRelease: "expires_at"
    case .invalidStop: "stop_price"
    case .postOnlyConflict: "post_only"
    default: nil
    }
  }

  private var advice: String {
    switch self {
    case .unknownInstrument: "the instrument is not traded here"
    case .invalidQuantity: "the quantity is not one that any venue takes"
    case .invalidPrice: "the price is not valid for the instrument"
    case .unsupportedOrderType: "use 'market', 'limit', 'stop' or 'stop_limit'"
    case .invalidRouting:
      "price_improvement needs passive_ms and an order that may stay open; nothing else takes "
        + "passive_ms, and shares must lie between 0 and 1"
    case .duplicateClientOrderID:
      "another order with this client_order_id exists and its body differs; use a fresh id"
    case .cancelPending: "a cancel was asked for, which can not be taken back"
    case .notReplaceable:
      "only gtc and gtd orders and stops that have not triggered can be changed"
    case .missingDeadline: "time_in_force 'gtd' needs a time to end at"
    case .invalidStop: "stops have a stop price, which can change until they have triggered"
    case .postOnlyConflict: "only gtc and gtd limit orders that rest can be post-only"
    case .unknownOrder: "no such order"
    case .orderAlreadyClosed: "the order has ended; GET it to see how"
    case .tooManyOrders: "the order tables are full; wait until orders end"
    case .halted: "the kill switch is set; 'sluice resume' lifts it"
    case .orderValueLimit: "the order is worth more than risk.maximum_order_value allows"
    case .openOrdersLimit: "as many orders as risk.maximum_open_orders are open"
    case .orderQuantityLimit: "the quantity is above the limit"
    case .priceCollar: "the limit is further from the market than risk.collar_bps allows"
    case .noMarket: "no venue has a usable book for the instrument now; see GET /v1/venues"
    case .notRecovered: "recovery is not done yet; see GET /readyz"
    case .journalFailed:
      "the disk of state_directory is full or broken; make room, or mend it and restart"
    case .deadlinePassed: "the deadline has passed"
    case .staleAtDecision:
      "at the stage 'decision' no venue could be reached before the deadline any more"
    case .staleAtRelease: "at the stage 'release' the venue was too slow for the deadline"
    case .throttled: "the venue's request budget is used up, or it asked for a pause"
    case .maintenance: "the venue is in a maintenance window of the settings"
    case .cannotFillWhole: "no single venue can fill the whole quantity within the limit"
    case .noRoute: "no venue can take any of it"
    default: "reason: \(name)"
    }
  }
}
