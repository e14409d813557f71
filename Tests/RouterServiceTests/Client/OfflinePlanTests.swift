import RouterService
import Testing
import Wire

struct OfflinePlanTests {
  private func terms(_ quantity: String, limit: String? = nil) -> JSONValue {
    var members = [
      JSONMember(name: "side", value: .string("buy")),
      JSONMember(name: "quantity", value: .string(quantity)),
    ]
    if let limit { members.append(JSONMember(name: "limit_price", value: .string(limit))) }
    return .object(members)
  }

  private let books = #"""
    {"symbol":"BTC-USD","venues":[
     {"venue":"near","taker_fee_bps":"10","price_increment":"0.5","quantity_increment":"0.01",
      "asks":[["100","1"],["100.5","2"]],"fee_in":"received"},
     {"venue":"far","taker_fee_bps":"0","price_increment":"0.5","quantity_increment":"0.01",
      "asks":[["200","9"]]}]}
    """#

  @Test func `people read the split, its certificate and who was left out`() throws {
    let plan = try OfflinePlan.plan(books: Array(books.utf8), terms: terms("2"))
    #expect(
      PlanText.whole(plan, what: "buy 2 BTC-USD")
        == """
        buy 2 BTC-USD: complete
          venue  quantity  limit  average     fee      cost  received
          near          2  100.5   100.25  0.2005  200.7005     1.998
        total 200.7005, all-in 100.35025, average 100.25, fees 0.2005, order cost 0
        certificate: bound 200.7005, gap 0 bps, proven optimal, marginal price 100.6005, 1 node
        best single venue: near, 2 for 200.7005, improvement 0 bps
        excluded: far (not_needed)
        """)
  }

  @Test func `people read that a part or nothing can be planned`() throws {
    let part = try OfflinePlan.plan(books: Array(books.utf8), terms: terms("99"))
    #expect(
      PlanText.whole(part, what: "buy 99").hasPrefix("buy 99: partial, 12 planned, 87 left\n"))
    let none = try OfflinePlan.plan(books: Array(books.utf8), terms: terms("1", limit: "1"))
    #expect(
      PlanText.whole(none, what: "buy 1") == """
        buy 1: nothing can be planned
        best single venue: none can take any of it
        excluded: near (outside_limit), far (outside_limit)
        """)
  }

  @Test func `faults are wrong usage, each on its line, with options by their names`() {
    do throws(ClientFailure) {
      let text = books.replacing("\"100\"", with: "\"100.1\"")
      _ = try OfflinePlan.plan(books: Array(text.utf8), terms: terms("0", limit: "x"))
      Issue.record("was planned")
    } catch {
      #expect(error.exitStatus == 2)
      let lines = "\(error)".split(separator: "\n")
      #expect(lines.first == "--quantity: must be greater than zero")
      #expect(lines.count == 2 && lines[1].hasPrefix("--limit: 'x' is not a decimal"))
    }
  }
}
