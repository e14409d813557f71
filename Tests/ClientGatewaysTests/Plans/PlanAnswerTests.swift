import Testing
import Wire

@testable import ClientGateways

/// Documents in, answers out, over the whole path of `sluice plan --books`.
struct PlanAnswerTests {
  private typealias Document = PlanDocument

  @Test func `the contract's example is answered to the byte`() throws {
    let expected = """
      {"status":"complete",\
      "quantity":{"requested":"1.5","planned":"1.5","residual":"0"},\
      "children":[{"venue":"kraken","side":"buy","quantity":"1.5","limit_price":"64201.0",\
      "average_price":"64200.866666666667","fee":"240.75325","cost":"96542.05325"}],\
      "cost":{"total":"96542.05325","average_price":"64200.866666666667",\
      "all_in_price":"64361.368833333333","fees":"240.75325","order_cost":"0"},\
      "bound":{"cost":"96542.05325","root_cost":"96542.05325","gap_bps":"0",\
      "marginal_price":"64361.5025","proven_optimal":true,"nodes":1},\
      "comparison":{"best_single_venue":{"venue":"kraken","quantity":"1.5",\
      "cost":"96542.05325","improvement_bps":"0"}},"excluded":[]}
      """
    #expect(try Document.text(Document.contract, Document.terms("buy", "1.5")) == expected)
  }

  @Test func `venues are ranked by their prices after fees`() throws {
    let books = Document.books(
      Document.venue("a", fee: "10", lot: "0.5", asks: "60000 1,60010 2"),
      Document.venue("b", fee: "4", lot: "0.5", asks: "60020 1,60030 2"),
      Document.venue("c", lot: "0.5", asks: "60045 1.5"))
    let plan = try Document.plan(books, Document.terms("buy", "3"))
    #expect(plan.children == ["b 1.5@60030", "c 1.5@60045"])
    #expect(plan.at("cost", "total") == "180138.514")
    #expect(plan.at("cost", "all_in_price") == "60046.171333333333")
    #expect(plan.at("bound", "marginal_price") == "60054.012")
    #expect(
      plan.at("bound", "proven_optimal") == nil && plan["bound"]?["proven_optimal"] == .bool(true))
    #expect(plan.excluded == ["a not_needed"])
  }

  @Test func `a slice below the minimum notional is made larger, not dropped`() throws {
    let books = Document.books(
      Document.venue("a", asks: "60000 0.0100", #","min_notional":"5""#),
      Document.venue("b", asks: "60006 0.0010,60300 0.5", #","min_notional":"120""#),
      Document.venue("c", asks: "60240 0.5", #","min_notional":"240""#))
    let plan = try Document.plan(books, Document.terms("buy", "0.0120"))
    #expect(plan.children == ["a 0.01@60000", "b 0.002@60300"])
    #expect(plan.at("cost", "total") == "720.306")
    #expect(plan.at("quantity", "residual") == "0")
  }

  @Test func `a crumb goes to the venue whose lot divides it`() throws {
    let books = Document.books(
      Document.venue("a", lot: "0.001", asks: "60000 0.0055"),
      Document.venue("b", asks: "60010 5"))
    let plan = try Document.plan(books, Document.terms("buy", "0.0120"))
    #expect(plan.children == ["a 0.005@60000", "b 0.007@60010"])
  }

  @Test func `a sell may be allowed in two intervals and none between`() throws {
    let books = Document.books(
      Document.venue("a", lot: "1", bids: "100 1,40 5", #","min_notional":"100""#))
    for (asked, planned, status) in [
      ("1", "1", "complete"), ("2", "1", "partial"), ("3", "3", "complete"), ("7", "6", "partial"),
    ] {
      let plan = try Document.plan(books, Document.terms("sell", asked))
      #expect(plan.at("quantity", "planned") == planned)
      #expect(plan.at("status") == status)
    }
    let three = try Document.plan(books, Document.terms("sell", "3"))
    #expect(three.children == ["a 3@40"])
    #expect(three.at("cost", "total") == "180")
  }

  @Test func `a sell's costs are net proceeds and its order cost is lost`() throws {
    let books = Document.books(
      Document.venue("a", fee: "10", lot: "1", bids: "100 2,90 2", #","order_cost":"0.5""#))
    let plan = try Document.plan(books, Document.terms("sell", "3"))
    #expect(plan["children"]?[0]?["fee"]?.string == "0.29")
    #expect(plan["children"]?[0]?["cost"]?.string == "289.71")
    #expect(plan.at("cost", "total") == "289.21")
    #expect(plan.at("cost", "order_cost") == "0.5")
    #expect(plan.at("cost", "all_in_price") == "96.403333333333")
    #expect(plan.at("bound", "marginal_price") == "89.91")
  }

  @Test func `a fee in the received asset changes the hold and what is received, not the cost`()
    throws
  {
    let rest = #","available_quote":"100","fee_in":""#
    func plan(_ feeIn: String) throws -> JSONValue {
      try Document.plan(
        Document.books(
          Document.venue("a", fee: "10", lot: "0.1", asks: "100 5", "\(rest)\(feeIn)\"")),
        Document.terms("buy", "1"))
    }
    let received = try plan("received")
    #expect(received.children == ["a 1@100"])
    #expect(received.at("cost", "total") == "100.1")
    #expect(received["children"]?[0]?["received_base"]?.string == "0.999")
    #expect(received.at("quantity", "received_base") == "0.999")
    let quote = try plan("quote")
    #expect(quote.children == ["a 0.9@100"])
    #expect(quote["children"]?[0]?["received_base"] == nil)
    #expect(quote["quantity"]?["received_base"] == nil)
  }

  @Test func `a rebate is a negative fee`() throws {
    let books = Document.books(Document.venue("a", fee: "-2.5", lot: "1", asks: "100 1"))
    let plan = try Document.plan(books, Document.terms("buy", "1"))
    #expect(plan.at("cost", "fees") == "-0.025")
    #expect(plan.at("cost", "total") == "99.975")
  }

  @Test func `every venue without a child has one reason`() throws {
    let books = Document.books(
      Document.venue("crossed", bids: "101 1", asks: "100 1"),
      Document.venue("empty"),
      Document.venue("outside", asks: "200 1"),
      Document.venue("small", asks: "100 0.001", #","min_quantity":"1""#),
      Document.venue("poor", asks: "100 1", #","available_quote":"0""#),
      Document.venue("cheap", asks: "100 1", #","min_notional":"1000""#),
      Document.venue("coarse", lot: "5", asks: "100 1"),
      Document.venue("good", asks: "101 1"), Document.venue("dear", asks: "102 1"))
    let plan = try Document.plan(books, Document.terms("buy", "1", limit: "150"))
    #expect(plan.children == ["good 1@101"])
    #expect(
      plan.excluded == [
        "crossed book_crossed", "empty book_empty", "outside outside_limit",
        "small below_minimum_quantity", "poor insufficient_balance",
        "cheap below_minimum_notional", "coarse increment_too_coarse", "dear not_needed",
      ])
  }

  @Test func `a plan of nothing has no averages and no single venue`() throws {
    for books in [Document.books(), Document.books(Document.venue("a", asks: "100 1"))] {
      let plan = try Document.plan(books, Document.terms("buy", "1", limit: "50"))
      #expect(plan.at("status") == "none")
      #expect(plan.at("cost", "total") == "0")
      #expect(plan["cost"]?["average_price"] == .null)
      #expect(plan["bound"]?["marginal_price"] == .null)
      #expect(plan.at("bound", "gap_bps") == "0")
      #expect(plan["comparison"]?["best_single_venue"] == .null)
    }
  }

  @Test func `the cap on children holds and the improvement needs the same quantity`() throws {
    let books = Document.books(
      Document.venue("a", lot: "1", asks: "100 2"), Document.venue("b", lot: "1", asks: "101 3"))
    let split = try Document.plan(books, Document.terms("buy", "4"))
    #expect(split.children == ["a 2@100", "b 2@101"])
    #expect(split["comparison"]?["best_single_venue"]?["improvement_bps"] == .null)
    let one = try Document.plan(books, Document.terms("buy", "4", children: 1))
    #expect(one.children == ["b 3@101"])
    #expect(one.excluded == ["a child_limit"])
    let three = try Document.plan(books, Document.terms("buy", "3"))
    #expect(three.children == ["a 2@100", "b 1@101"])
    // (303 - 301) / 303 * 10,000
    let single = three["comparison"]?["best_single_venue"]
    #expect(single?["improvement_bps"]?.string == "66.006600660066")
  }

  @Test func `equal neighbours are one level and a limit between ticks is inclusive inwards`()
    throws
  {
    let books = Document.books(
      Document.venue("a", lot: "1", bids: "99 1,99 1,98 5", asks: "100 1,100 2,101 5"))
    let buy = try Document.plan(books, Document.terms("buy", "9", limit: "100.5"))
    #expect(buy.children == ["a 3@100"])
    let sell = try Document.plan(books, Document.terms("sell", "9", limit: "98.00000001"))
    #expect(sell.children == ["a 2@99"])
    let inclusive = try Document.plan(books, Document.terms("sell", "9", limit: "98"))
    #expect(inclusive.children == ["a 7@98"])
  }

  @Test func `a limit price has the digits of the venue's tick`() throws {
    let books = Document.books(Document.venue("a", tick: "0.050", lot: "1", asks: "100.5 1"))
    #expect(try Document.plan(books, Document.terms("buy", "1")).children == ["a 1@100.50"])
  }
}
