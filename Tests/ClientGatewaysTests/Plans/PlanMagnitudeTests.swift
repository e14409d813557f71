import Testing
import Wire

@testable import ClientGateways

/// Numbers at the edges of what is planned with: handled exactly, or refused by name.
struct PlanMagnitudeTests {
  private typealias Document = PlanDocument

  @Test(arguments: [
    "9223372036854775807", "9223372036854775808", "99999999999999999999999999999999999999",
    "340282366920938463463374607431768211456000000", "1000000000000000000",
  ])
  func `what is too large is refused with its field and venue`(huge: String) {
    let books = Document.books(Document.venue("a", lot: "1", asks: "100 1"))
    #expect(
      Document.faults(books, Document.terms("buy", huge)).first?.hasPrefix("quantity: ") == true)
    let price = Document.books(Document.venue("a", lot: "1", asks: "\(huge) 1"))
    #expect(Document.faults(price).first?.hasPrefix("venues[0].asks[0][0] (venue a): ") == true)
    let size = Document.books(Document.venue("a", lot: "1", asks: "100 \(huge)"))
    #expect(Document.faults(size).first?.hasPrefix("venues[0].asks[0][1] (venue a): ") == true)
    let lot = Document.books(Document.venue("a", lot: huge, asks: "100 1"))
    #expect(
      Document.faults(lot).first?.hasPrefix("venues[0].quantity_increment (venue a): ") == true)
    let tick = Document.books(Document.venue("a", tick: huge, asks: "100 1"))
    #expect(Document.faults(tick).first?.hasPrefix("venues[0].price_increment (venue a): ") == true)
  }

  @Test func `limits that nothing reaches are no limits, and minima that nothing reaches exclude`()
    throws
  {
    let huge = "340282366920938463463374607431768"
    func plan(_ field: String) throws -> JSONValue {
      try Document.plan(
        Document.books(Document.venue("a", lot: "1", asks: "100 1", #","\#(field)":"\#(huge)""#)),
        Document.terms("buy", "1"))
    }
    for field in ["max_quantity", "available_base", "available_quote"] {
      #expect(try plan(field).children == ["a 1@100"], "\(field)")
    }
    #expect(try plan("min_quantity").excluded == ["a below_minimum_quantity"])
    #expect(try plan("min_notional").excluded == ["a below_minimum_notional"])
    let books = Document.books(Document.venue("a", lot: "1", bids: "99 1", asks: "100 1"))
    #expect(try Document.plan(books, Document.terms("buy", "1", limit: huge)).children.count == 1)
    let sell = try Document.plan(books, Document.terms("sell", "1", limit: huge))
    #expect(sell.excluded == ["a outside_limit"])
    let costly = Document.books(
      Document.venue("a", lot: "1", asks: "100 1", #","order_cost":"\#(huge)""#))
    #expect(Document.faults(costly).first?.hasPrefix("venues[0].order_cost (venue a): ") == true)
  }

  @Test func `a worth beyond the planner's units is planned in greater ones`() throws {
    let books = Document.books(
      Document.venue(
        "a", fee: "10", lot: "1", asks: "1600000000000 50000000",
        #","available_quote":"80080000000000000000""#))
    let plan = try Document.plan(books, Document.terms("buy", "50000000"))
    #expect(plan.children == ["a 50000000@1600000000000"])
    #expect(plan.at("cost", "total") == "80080000000000000000")
    #expect(plan.at("cost", "average_price") == "1600000000000")
    let poorer = Document.books(
      Document.venue(
        "a", fee: "10", lot: "1", asks: "1600000000000 50000000",
        #","available_quote":"80079999999999999999""#))
    #expect(
      try Document.plan(poorer, Document.terms("buy", "50000000")).at("quantity", "planned")
        == "49999999")
  }

  @Test func `a sale whose best levels are worth far more than its worst takes them all`() throws {
    let books = Document.books(
      Document.venue("a", lot: "1", bids: "9 100000000000,3 100000000000"))
    let plan = try Document.plan(books, Document.terms("sell", "200000000000"))
    #expect(plan.children == ["a 200000000000@3"])
    #expect(plan["bound"]?["proven_optimal"] == .bool(true))
  }

  @Test func `an order cost beyond the planner's is refused with its venue`() {
    func faults(_ cost: String) -> [String] {
      Document.faults(
        Document.books(
          Document.venue(
            "a", tick: "0.0000000001", lot: "0.00000001", asks: "0.0000000001 1",
            #","order_cost":"\#(cost)""#)))
    }
    #expect(faults("1000000").isEmpty)
    #expect(
      faults("1000001") == [
        "venues[0].order_cost (venue a): is too large to be planned with; it must not be above 1e6"
      ])
  }

  @Test func `a worth beyond all units is refused with its venue`() {
    let books = Document.books(
      Document.venue("far", lot: "1", asks: "900000000000000000 900000000000000000"))
    let faults = Document.faults(books, Document.terms("buy", "800000000000000000"))
    #expect(faults.first?.hasPrefix("venues[0].asks (venue far): are worth too much") == true)
  }

  @Test func `prices and quantities with many digits are planned exactly`() throws {
    let books = Document.books(
      Document.venue(
        "a", fee: "7.5", tick: "0.000000000001", lot: "0.00000001",
        asks: "0.000000001234 12345678.12345678,0.000000001235 1",
        #","available_quote":"0.015250""#))
    let plan = try Document.plan(books, Document.terms("buy", "12345678.12345679"))
    #expect(plan.children == ["a 12345678.12345678@0.000000001234"])
    // 12345678.12345678 * 0.000000001234 * 1.00075.
    #expect(plan.at("cost", "total") == "0.01524599272944892576989")
  }

  @Test func `what is finer than can be planned is refused by name`() {
    let fine = "0.0000000000000000001"
    let books = Document.books(Document.venue("a", lot: fine, asks: "100 1"))
    #expect(
      Document.faults(books).first?.hasPrefix("venues[0].quantity_increment (venue a): ") == true)
    let quantity = Document.books(Document.venue("a", asks: "100 1"))
    #expect(
      Document.faults(quantity, Document.terms("buy", fine)).first?.hasPrefix("quantity") == true)
    let fee = Document.books(Document.venue("a", fee: "0.00001", asks: "100 1"))
    #expect(Document.faults(fee).first?.hasPrefix("venues[0].taker_fee_bps (venue a): ") == true)
    let cost = Document.books(
      Document.venue("a", asks: "100 1", #","order_cost":"0.0000000000001""#))
    #expect(Document.faults(cost).first?.hasPrefix("venues[0].order_cost (venue a): ") == true)
  }

  @Test func `a minimum notional between two notionals counts exactly`() throws {
    func planned(_ minimum: String) throws -> String? {
      try Document.plan(
        Document.books(
          Document.venue("a", lot: "1", asks: "10 9", #","min_notional":"\#(minimum)""#)),
        Document.terms("buy", "2")
      ).at("quantity", "planned")
    }
    #expect(try planned("20.0000000000000000000000") == "2")
    #expect(try planned("20.0000000000000000000001") == "0")
  }

  @Test func `twelve places, half to even, on every quotient`() throws {
    let books = Document.books(
      Document.venue("a", tick: "0.000001", lot: "1", asks: "1 3,1.000001 4"))
    // 3 at 1 and 4 at 1.000001: 1 + 4e-6 / 7
    let plan = try Document.plan(books, Document.terms("buy", "7"))
    #expect(plan.at("cost", "average_price") == "1.000000571429")
    #expect(DecimalQuotient.text(5, over: 10, exponent: -12) == "0")
    #expect(DecimalQuotient.text(15, over: 10, exponent: -12) == "0.000000000002")
    #expect(DecimalQuotient.text(25, over: 10, exponent: -12) == "0.000000000002")
    #expect(DecimalQuotient.text(26, over: 10, exponent: -12) == "0.000000000003")
    #expect(DecimalQuotient.text(1, over: 3, exponent: -40) == "0")
    #expect(
      DecimalQuotient.text(.max, over: 1, exponent: 4)
        == "1701411834604692317316873037158841057270000")
    #expect(DecimalQuotient.text(-1, over: .max) == "0")
    #expect(DecimalQuotient.text(.max - 1, over: .max) == "1")
  }
}
