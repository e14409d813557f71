import RouterService
import Testing
import Wire

// A market that only the test moves, and orders in it.
extension Deployment {
  /// Rests five units a side at a venue, as somebody else.
  func quote(_ venue: String, bid: String, ask: String) throws {
    for (side, price) in [("buy", bid), ("sell", ask)] {
      _ = try admin(venue, "POST", "/orders", Self.market(side, "5", price))
    }
  }

  func clear(_ venue: String) throws {
    _ = try admin(venue, "DELETE", "/orders")
  }

  /// Replaces a venue's quotes and waits until the router has seen that.
  func move(_ venue: String, bid: String, ask: String) throws {
    try clear(venue)
    try quote(venue, bid: bid, ask: ask)
    try wait("the router sees \(venue) at \(bid)") {
      let books = try client().get("/v1/books/BTC-USD?depth=1")["venues"]?.array ?? []
      let book = books.first { $0["venue"]?.string == venue }
      return book?["bids"]?[0]?[0]?.string == bid && book?["asks"]?[0]?[0]?.string == ask
    }
  }

  /// A trade against what rests at a venue, as somebody else.
  func trade(_ venue: String, _ side: String, _ quantity: String, at price: String) throws {
    let body = Self.market(side, quantity, price, #","time_in_force":"ioc""#)
    let answer = try admin(venue, "POST", "/orders", body)
    guard answer["executed"]?.string == quantity else {
      throw Failure("only \(answer["executed"]?.string ?? "-") was there to trade with")
    }
  }

  private static func market(
    _ side: String, _ quantity: String, _ price: String, _ more: String = ""
  ) -> String {
    #"{"symbol":"BTC-USD","side":"\#(side)","quantity":"\#(quantity)","price":"\#(price)"\#(more)}"#
  }

  // MARK: Orders

  func place(_ side: String, _ quantity: String, _ terms: String) throws -> JSONValue {
    try submit(side, quantity, "BTC-USD", terms)
  }

  func order(_ order: JSONValue) throws -> JSONValue {
    try client().get("/v1/orders/\(order["id"]?.string ?? "")")
  }

  func replace(_ order: JSONValue, _ body: String) throws -> JSONValue {
    try client().patch("/v1/orders/\(order["id"]?.string ?? "")", Array(body.utf8))
  }

  /// Waits until so many children of the order are open at a price.
  func waitUntilResting(_ order: JSONValue, at price: String, count: Int) throws {
    var last = order
    do {
      try wait("\(count) children rest at \(price)") {
        last = try self.order(order)
        let open = (last["children"]?.array ?? []).filter {
          $0["status"]?.string == "open" && $0["limit_price"]?.string == price
        }
        return open.count == count
      }
    } catch {
      throw Failure("\(error): \(OrderText.whole(last))")
    }
  }

  // MARK: Balances

  func balances() throws -> [String: Int128] {
    var balances: [String: Int128] = [:]
    for name in venues.keys {
      for asset in ["BTC", "USD"] { balances["\(name) \(asset)"] = try balance(name, asset) }
    }
    return balances
  }

  /// What the venues hold changed by exactly what the router believes.
  func expectAgreement(
    _ before: [String: Int128], _ location: SourceLocation = #_sourceLocation
  ) throws {
    let positions = try positions()
    for (key, balance) in try balances() {
      let change = balance - (before[key] ?? 0)
      #expect(change == positions[key] ?? 0, "\(key)", sourceLocation: location)
    }
  }
}
