internal import Foundation
internal import RouterService
internal import Wire

extension Command {
  static let order = Command(
    name: "order", summary: "submit, show, list, replace and cancel orders",
    usage: """
      usage: sluice order submit --symbol SYMBOL --side buy|sell --quantity Q [options]
             sluice order show ID [--json]
             sluice order list [--status STATUS] [--limit N] [--json]
             sluice order replace ID [--quantity Q] [--limit P] [--stop P] [--json]
             sluice order cancel ID [--json]
             sluice order fills ID [--json]

      submit  places an order and prints it
        --symbol S            instrument, such as BTC-USD
        --side buy|sell
        --quantity Q          in units of the base asset, an exact decimal
        --type T              market, limit, stop or stop_limit (default: what --limit and
                              --stop say)
        --limit P             worst price, an exact decimal
        --stop P              price that triggers a stop order: a buy at or above it, a sell at
                              or below it
        --trigger S           what the stop looks at: bid_ask (default), mid or last
        --time-in-force T     gtc, ioc, fok, gtd (default: ioc for market, else gtc)
        --fok M               with fok: whole at one venue (default), or best_effort over several
        --post-only           never take; rest, or be refused
        --expires-in-ms N     stop working it after N milliseconds
        --expires-at TIME     the same at a time such as 2026-01-31T12:00:00Z
        --client-order-id ID  makes the request safe to repeat (default: a random one)
        --max-children N      no more child orders at a time than N
        --strategy T          best_price (default), fewest_venues, single_venue, pro_rata or
                              price_improvement, which rests before it takes
        --objective T         cost (default) or expected_cost, which counts on misses
        --arrival T           spray (default), sequential or synchronized
        --max-participation F no more than this part of each displayed level, such as 0.25
        --max-child-quantity Q  no child greater than Q
        --size-jitter F       make children smaller at random by up to this part
        --jitter-tolerance-bps B  how much worse than the bound that may be
        --wave-interval-ms N  at least N milliseconds from one wave to the next
        --passive-ms N        with price_improvement: how long to rest
        --residual R          rest (default) or hold: what becomes of the part of a gtc or gtd
                              limit order that can not be taken now
        --over-routing F      send up to this part more than is needed, such as 0.1
        --wait                wait until the order has ended, then print it
      replace                 changes what is named and keeps the rest; Q is the new total, of
                              which what is filled is a part
      show, replace, cancel, fills
                              ID is the order's id, or client:CLIENT_ORDER_ID
      list                    newest first; STATUS is open, closed, filled, canceled, ...

      The service is at SLUICE_URL (http://127.0.0.1:8080), with the token in SLUICE_TOKEN.
      exit status: 0 done, 1 failed, 2 usage, 3 refused, 4 service unreachable
      """,
    run: { arguments in
      guard let verb = arguments.first else {
        throw Arguments.Failure(description: "say submit, show, list, replace, cancel or fills")
      }
      let rest = Array(arguments.dropFirst())
      switch verb {
      case "submit": return try OrderCommand.submit(rest)
      case "show": return try OrderCommand.show(rest)
      case "list": return try OrderCommand.list(rest)
      case "replace": return try OrderCommand.replace(rest)
      case "cancel": return try OrderCommand.cancel(rest)
      case "fills": return try OrderCommand.fills(rest)
      default: throw Arguments.Failure(description: "'\(verb)' is not known")
      }
    })
}

enum OrderCommand {
  static func submit(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(
      words,
      options: [
        "symbol", "side", "quantity", "type", "client-order-id", "max-children", "expires-in-ms",
      ] + termOptions.map(\.option) + routingOptions.map(\.option),
      switches: ["wait", "json", "post-only"])
    let client = try APIClient.fromEnvironment()
    var order = try client.post("/v1/orders", try body(arguments))
    if arguments.has("wait") { order = try waitForEnd(order, client) }
    print(order, isJSON: arguments.has("json"))
    return ExitStatus.done
  }

  private static func body(_ arguments: Arguments) throws(Arguments.Failure) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("client_order_id", arguments["client-order-id"] ?? randomIdentifier())
    json.field("symbol", try arguments.required("symbol"))
    json.field("side", try arguments.required("side"))
    json.field("quantity", try arguments.required("quantity"))
    json.field("type", arguments["type"] ?? type(arguments))
    for (option, field) in termOptions {
      if let text = arguments[option] { json.field(field, text) }
    }
    if arguments.has("post-only") { json.field("post_only", bool: true) }
    if let wait = try arguments.integer("expires-in-ms", 1...Int(Int32.max)) {
      json.field("expires_in_ms", integer: Int64(wait))
    }
    if let children = try arguments.integer("max-children", 1...255) {
      json.field("max_children", integer: Int64(children))
    }
    try writeRouting(arguments, to: &json)
    json.endObject()
    return json.bytes
  }

  private static func type(_ arguments: Arguments) -> String {
    switch (arguments["limit"] != nil, arguments["stop"] != nil) {
    case (false, false): "market"
    case (true, false): "limit"
    case (false, true): "stop"
    case (true, true): "stop_limit"
    }
  }

  /// Options that are a field of the order as they stand.
  private static let termOptions: [(option: String, field: String)] = [
    ("limit", "limit_price"), ("stop", "stop_price"), ("trigger", "trigger"),
    ("time-in-force", "time_in_force"), ("fok", "fok"), ("expires-at", "expires_at"),
  ]

  /// Options of `routing`; numbers go without quotes.
  private static let routingOptions: [(option: String, isNumber: Bool)] = [
    ("strategy", false), ("objective", false), ("arrival", false), ("max-participation", false),
    ("max-child-quantity", false), ("size-jitter", false), ("jitter-tolerance-bps", false),
    ("wave-interval-ms", true), ("passive-ms", true), ("residual", false), ("over-routing", false),
  ]

  private static func writeRouting(
    _ arguments: Arguments, to json: inout JSONWriter
  ) throws(Arguments.Failure) {
    guard routingOptions.contains(where: { arguments[$0.option] != nil }) else { return }
    json.key("routing")
    json.beginObject()
    for (option, isNumber) in routingOptions {
      guard let text = arguments[option] else { continue }
      let field = option.split(separator: "-").joined(separator: "_")
      if isNumber {
        let number = try arguments.integer(option, 0...Int(Int32.max)) ?? 0
        json.field(field, integer: Int64(number))
      } else {
        json.field(field, text)
      }
    }
    json.endObject()
  }

  private static func randomIdentifier() -> String {
    "cli-" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
  }

  private static func waitForEnd(
    _ order: JSONValue, _ client: APIClient
  ) throws(ClientFailure) -> JSONValue {
    guard let id = order["id"]?.string else { return order }
    var current = order
    while current["closed_at"] == nil {
      Thread.sleep(forTimeInterval: 0.1)
      current = try client.get("/v1/orders/\(id)")
    }
    return current
  }

  static func show(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: [], switches: ["json"], maximumWords: 1)
    let order = try APIClient.fromEnvironment().get("/v1/orders/\(try identifier(arguments))")
    print(order, isJSON: arguments.has("json"))
    return ExitStatus.done
  }

  static func replace(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(
      words, options: ["quantity", "limit", "stop"], switches: ["json"], maximumWords: 1)
    var json = JSONWriter()
    json.beginObject()
    for (option, field) in [
      ("quantity", "quantity"), ("limit", "limit_price"), ("stop", "stop_price"),
    ] {
      if let text = arguments[option] { json.field(field, text) }
    }
    json.endObject()
    guard json.bytes.count > 2 else {
      throw Arguments.Failure(description: "say what to change: --quantity, --limit or --stop")
    }
    let path = "/v1/orders/\(try identifier(arguments))"
    let order = try APIClient.fromEnvironment().patch(path, json.bytes)
    print(order, isJSON: arguments.has("json"))
    return ExitStatus.done
  }

  static func cancel(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: [], switches: ["json"], maximumWords: 1)
    let order = try APIClient.fromEnvironment().delete("/v1/orders/\(try identifier(arguments))")
    print(order, isJSON: arguments.has("json"))
    return ExitStatus.done
  }

  static func list(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: ["status", "limit"], switches: ["json"])
    let limit = try arguments.integer("limit", 1...10_000) ?? 50
    var path = "/v1/orders?limit=\(limit)"
    if let status = arguments["status"] { path += "&status=\(PercentEncoding.encode(status))" }
    let answer = try APIClient.fromEnvironment().get(path)
    guard !arguments.has("json") else {
      Swift.print(String(decoding: answer.serialized(), as: UTF8.self))
      return ExitStatus.done
    }
    Swift.print(OrderText.list(answer["orders"]?.array ?? []))
    return ExitStatus.done
  }

  static func fills(_ words: [String]) throws -> Int32 {
    let arguments = try Arguments(words, options: [], switches: ["json"], maximumWords: 1)
    let path = "/v1/orders/\(try identifier(arguments))/executions"
    let answer = try APIClient.fromEnvironment().get(path)
    guard !arguments.has("json") else {
      Swift.print(String(decoding: answer.serialized(), as: UTF8.self))
      return ExitStatus.done
    }
    Swift.print(OrderText.executions(answer["executions"]?.array ?? []))
    return ExitStatus.done
  }

  private static func identifier(_ arguments: Arguments) throws(Arguments.Failure) -> String {
    guard let word = arguments.words.first else {
      throw Arguments.Failure(description: "name the order's id")
    }
    guard word.hasPrefix("client:") else { return PercentEncoding.encode(word) }
    return "client:" + PercentEncoding.encode(String(word.dropFirst(7)))
  }

  private static func print(_ order: JSONValue, isJSON: Bool) {
    Swift.print(
      isJSON ? String(decoding: order.serialized(), as: UTF8.self) : OrderText.whole(order))
  }
}
