import Wire

@testable import ClientGateways

/// Planning problems as text, and their answers.
enum PlanDocument {
  /// The example of the command's contract.
  static let contract = """
    {"symbol": "BTC-USD",
     "venues": [
      {"venue": "kraken", "taker_fee_bps": "25", "fee_in": "quote",
       "price_increment": "0.1", "quantity_increment": "0.0001", "min_quantity": "0.0001",
       "max_quantity": null, "min_notional": "5", "order_cost": "0", "available_base": null,
       "available_quote": null, "quote_age_ms": 0,
       "bids": [["64200.1", "0.5"]], "asks": [["64200.2", "0.25"], ["64201.0", "2"]]}]}
    """

  /// A venue's object; a level is written `price quantity`, levels are parted by commas.
  static func venue(
    _ name: String, fee: String = "0", tick: String = "1", lot: String = "0.0001",
    bids: String = "", asks: String = "", _ more: String = ""
  ) -> String {
    func levels(_ text: String) -> String {
      text.split(separator: ",").map { level in
        let words = level.split(separator: " ").map { "\"\($0)\"" }
        return "[\(words.joined(separator: ","))]"
      }.joined(separator: ",")
    }
    return """
      {"venue":"\(name)","taker_fee_bps":"\(fee)","price_increment":"\(tick)",\
      "quantity_increment":"\(lot)","bids":[\(levels(bids))],"asks":[\(levels(asks))]\(more)}
      """
  }

  static func books(_ venues: String...) -> String {
    #"{"symbol":"BTC-USD","venues":[\#(venues.joined(separator: ","))]}"#
  }

  static func terms(
    _ side: String, _ quantity: String, limit: String? = nil, children: Int? = nil,
    nodes: Int? = nil
  ) -> JSONValue {
    var members = [
      JSONMember(name: "side", value: .string(side)),
      JSONMember(name: "quantity", value: .string(quantity)),
    ]
    if let limit { members.append(JSONMember(name: "limit_price", value: .string(limit))) }
    if let children {
      members.append(JSONMember(name: "max_children", value: .number("\(children)")))
    }
    if let nodes { members.append(JSONMember(name: "nodes", value: .number("\(nodes)"))) }
    return .object(members)
  }

  static func text(_ books: String, _ terms: JSONValue) throws -> String {
    let problem = try PlanReader.read(books: Array(books.utf8), terms: terms)
    return String(decoding: problem.answer(), as: UTF8.self)
  }

  static func plan(_ books: String, _ terms: JSONValue) throws -> JSONValue {
    try JSONValue(parsing: try text(books, terms))
  }

  /// The faults as people read them; empty if there are none.
  static func faults(_ books: String, _ terms: JSONValue = terms("buy", "1")) -> [String] {
    do throws(PlanFaults) {
      _ = try PlanReader.read(books: Array(books.utf8), terms: terms)
      return []
    } catch {
      return error.faults.map(\.description)
    }
  }
}

extension JSONValue {
  /// `venue quantity@limit` of each child.
  var children: [String] {
    (self["children"]?.array ?? []).map { child in
      let words = ["venue", "quantity", "limit_price"].map { child[$0]?.string ?? "?" }
      return "\(words[0]) \(words[1])@\(words[2])"
    }
  }

  /// `venue reason` of each excluded venue.
  var excluded: [String] {
    (self["excluded"]?.array ?? []).map { venue in
      "\(venue["venue"]?.string ?? "?") \(venue["reason"]?.string ?? "?")"
    }
  }

  /// A member inside of members.
  func at(_ path: String...) -> String? {
    var value: JSONValue? = self
    for name in path { value = value?[name] }
    return value?.text
  }
}
