internal import RouterCore
internal import Wire

/// What an order of one type and time in force may ask for, and must.
struct OrderConditions {
  let type: OrderType
  let timeInForce: TimeInForce

  func limitPrice(_ body: RequestBody, _ instrument: Instrument) throws(Problem) -> Price? {
    try body.price(
      "limit_price", instrument,
      need: type.needsLimit ? "type '\(type.name)' needs it: the worst price to trade at" : nil,
      surplus: "type '\(type.name)' takes none; use type "
        + (type == .stop ? "'stop_limit'" : "'limit'") + " or leave it out")
  }

  func stopPrice(_ body: RequestBody, _ instrument: Instrument) throws(Problem) -> Price? {
    try body.price(
      "stop_price", instrument,
      need: type.needsStop ? "type '\(type.name)' needs it: the price that triggers it" : nil,
      surplus: "type '\(type.name)' takes none; use type "
        + (type == .limit ? "'stop_limit'" : "'stop'") + " or leave it out")
  }

  func trigger(_ body: RequestBody) throws(Problem) -> TriggerSource {
    let all = TriggerSource.allCases.map { ($0.name, $0) }
    guard let source = try body.choice("trigger", all) else { return .bidAsk }
    guard type.needsStop else {
      throw .invalid(
        "trigger", "only 'stop' and 'stop_limit' orders have a trigger; leave it out")
    }
    return source
  }

  func isPostOnly(_ body: RequestBody) throws(Problem) -> Bool {
    guard try body.flag("post_only") else { return false }
    guard type == .limit else {
      throw .invalid("post_only", "only 'limit' orders take it, not '\(type.name)'")
    }
    guard timeInForce.isLasting else {
      throw .invalid(
        "post_only", "'\(timeInForce.name)' takes at once or ends; use time_in_force 'gtc' or 'gtd'"
      )
    }
    return true
  }

  /// Whether a fill-or-kill order may go to several venues.
  func allowsSplit(_ body: RequestBody) throws(Problem) -> Bool {
    guard let allowsSplit = try body.choice("fok", [("whole", false), ("best_effort", true)])
    else { return false }
    guard timeInForce == .fillOrKill else {
      throw .invalid("fok", "only time_in_force 'fok' takes it, not '\(timeInForce.name)'")
    }
    return allowsSplit
  }
}
