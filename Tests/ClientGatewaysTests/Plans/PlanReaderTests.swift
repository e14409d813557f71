import Testing
import Wire

@testable import ClientGateways

/// Every fault of a document is named with its field and venue, and what would mend it.
struct PlanReaderTests {
  private typealias Document = PlanDocument

  @Test(
    arguments: [
      (
        "kraken\",", "kraken\",\"colour\":\"red\",",
        "venues[0].colour (venue kraken): is not a known field"
      ),
      (
        "kraken\",", "kraken\",\"fee_in\":\"quote\",",
        "venues[0].fee_in (venue kraken): is given twice"
      ),
      ("\"BTC-USD\",", "\"BTC-USD\",\"symbol\":\"A\",", "symbol: is given twice"),
      ("\"BTC-USD\",", "\"BTC-USD\",\"side\":\"buy\",", "side: is not a known field"),
      ("\"BTC-USD\"", "7", "symbol: must be a string"),
      ("\"venue\": \"kraken\"", "\"venue\": 7", "venues[0].venue: must be a string"),
      ("\"venue\": \"kraken\"", "\"venue\": \"\"", "venues[0].venue"),
      ("\"25\"", "25", "venues[0].taker_fee_bps (venue kraken): must be a decimal in quotes"),
      ("\"25\"", "\"10000\"", "venues[0].taker_fee_bps (venue kraken): must be below 10000"),
      ("\"25\"", "\"-10000\"", "venues[0].taker_fee_bps (venue kraken): must be above"),
      ("\"25\"", "\"NaN\"", "venues[0].taker_fee_bps (venue kraken): 'NaN' is not a decimal"),
      ("\"25\"", "null", "venues[0].taker_fee_bps (venue kraken): is missing"),
      ("\"fee_in\": \"quote\"", "\"fee_in\": \"bnb\"", "venues[0].fee_in (venue kraken): must be"),
      ("\"0.1\"", "\"0\"", "venues[0].price_increment (venue kraken): must be greater than zero"),
      ("\"0.1\"", "\"-0.1\"", "venues[0].price_increment (venue kraken): must be greater"),
      (
        "\"quantity_increment\": \"0.0001\"", "\"quantity_increment\": null",
        "venues[0].quantity_increment (venue kraken): is missing"
      ),
      (
        "\"min_quantity\": \"0.0001\"", "\"min_quantity\": \"-1\"",
        "venues[0].min_quantity (venue kraken): must not be negative"
      ),
      (
        "\"max_quantity\": null", "\"max_quantity\": \"0\"",
        "venues[0].max_quantity (venue kraken): must be greater than zero"
      ),
      (
        "\"order_cost\": \"0\"", "\"order_cost\": \"-1\"",
        "venues[0].order_cost (venue kraken): must not be negative"
      ),
      (
        "\"available_base\": null", "\"available_base\": \"-1\"",
        "venues[0].available_base (venue kraken): must not be negative"
      ),
      (
        "\"quote_age_ms\": 0", "\"quote_age_ms\": \"0\"",
        "venues[0].quote_age_ms (venue kraken): must be a whole number"
      ),
      ("\"quote_age_ms\": 0", "\"quote_age_ms\": -1", "venues[0].quote_age_ms (venue kraken)"),
      (
        "[\"64200.2\", \"0.25\"]", "[\"64200.25\", \"0.25\"]",
        "venues[0].asks[0][0] (venue kraken): is not a multiple of the venue's price_increment"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"64200.1\", \"2\"]",
        "venues[0].asks[1][0] (venue kraken): is better than the level before it"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"64201.0\", \"0\"]",
        "venues[0].asks[1][1] (venue kraken): must be greater than zero"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"-64201.0\", \"2\"]",
        "venues[0].asks[1][0] (venue kraken): must be greater than zero"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"64201.0\"]",
        "venues[0].asks[1] (venue kraken): must be a pair"
      ),
      ("[\"64201.0\", \"2\"]", "{}", "venues[0].asks[1] (venue kraken): must be a pair"),
      (
        "[\"64201.0\", \"2\"]", "[\"6.42e4\", \"2\"]",
        "venues[0].asks[1][0] (venue kraken): '6.42e4' is not a decimal"
      ),
      (
        "[\"64201.0\", \"2\"]", "[64201.0, \"2\"]",
        "venues[0].asks[1][0] (venue kraken): must be a decimal in quotes"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"64201.\", \"2\"]",
        "venues[0].asks[1][0] (venue kraken): '64201.' is not a decimal"
      ),
      (
        "[\"64201.0\", \"2\"]", "[\"64201.0\", \"Infinity\"]",
        "venues[0].asks[1][1] (venue kraken): 'Infinity' is not a decimal"
      ),
      (
        "\"asks\": [[\"64200.2\", \"0.25\"], [\"64201.0\", \"2\"]]", "\"asks\": null",
        "venues[0].asks (venue kraken): is missing"
      ),
      (
        ", \"asks\": [[\"64200.2\", \"0.25\"], [\"64201.0\", \"2\"]]", "",
        "venues[0].asks (venue kraken): is missing"
      ),
      (
        "[[\"64200.1\", \"0.5\"]]", "[[\"64200.1\", \"0.5\"], [\"64200.2\", \"1\"]]",
        "venues[0].bids[1][0] (venue kraken): is better than the level before it"
      ),
      ("[[\"64200.1\", \"0.5\"]]", "\"none\"", "venues[0].bids (venue kraken): must be an array"),
    ])
  func `a fault is named`(old: String, new: String, expected: String) {
    let text = Document.contract.replacing(old, with: new, maxReplacements: 1)
    #expect(text != Document.contract)
    let faults = Document.faults(text)
    #expect(faults.count == 1)
    #expect(faults.first?.hasPrefix(expected) == true, "\(faults)")
  }

  @Test(arguments: [
    ("", "the text is not valid JSON"), ("{", "the text is not valid JSON"),
    ("[]", "must be an object"), ("{}", "venues: is missing"),
    (#"{"venues":7}"#, "venues: must be an array"),
    (#"{"venues":[7]}"#, "venues[0]: must be an object"),
    (#"{"venues":[{}]}"#, "venues[0].venue: is missing"),
  ])
  func `a document of another kind is refused`(text: String, expected: String) {
    #expect(Document.faults(text).first?.hasPrefix(expected) == true, "\(Document.faults(text))")
  }

  @Test func `a doubled venue is named`() {
    let books = Document.books(
      Document.venue("a", asks: "1 1"), Document.venue("b", asks: "1 1"),
      Document.venue("a", asks: "1 1"))
    #expect(
      Document.faults(books) == [
        "venues[2].venue (venue a): names a venue that has come before; each may stand once"
      ])
  }

  @Test func `more venues than can be planned over are refused`() {
    let venues = (0..<33).map { Document.venue("v\($0)", asks: "1 1") }
    func books(_ count: Int) -> String {
      #"{"venues":[\#(venues.prefix(count).joined(separator: ","))]}"#
    }
    #expect(Document.faults(books(32)).isEmpty)
    #expect(
      Document.faults(books(33)).first?.hasPrefix("venues: has 33 venues; at most 32") == true)
  }

  @Test func `only the side that is needed must be there`() {
    let bids = Document.contract.replacing(", \"asks\"", with: ", \"asks\":[], \"x\"")
    #expect(Document.faults(bids).count == 1)
    let onlyBids = #"""
      {"venues":[{"venue":"a","taker_fee_bps":"0","price_increment":"1",
      "quantity_increment":"1","bids":[["10","1"]]}]}
      """#
    #expect(Document.faults(onlyBids, Document.terms("sell", "1")).isEmpty)
    #expect(
      Document.faults(onlyBids).first?.hasPrefix("venues[0].asks (venue a): is missing") == true)
  }

  @Test func `all faults are told at once, of the terms as of the venues`() {
    let books = Document.books(
      Document.venue("a", fee: "x", asks: "1 1"), Document.venue("b", lot: "0", asks: "1 -1"))
    let faults = Document.faults(
      books, Document.terms("hold", "0", limit: "-1", children: 0, nodes: 0))
    let fields = faults.map { $0.prefix { $0 != ":" && $0 != " " } }
    #expect(
      fields == [
        "side", "quantity", "limit_price", "max_children", "nodes", "venues[0].taker_fee_bps",
        "venues[1].quantity_increment", "venues[1].asks[0][1]",
      ])
  }

  @Test func `a flood of faults is cut`() {
    let levels = (0..<100).map { _ in "1 0" }.joined(separator: ",")
    let books = Document.books(Document.venue("a", asks: levels))
    do throws(PlanFaults) {
      _ = try PlanReader.read(books: Array(books.utf8), terms: Document.terms("buy", "1"))
      Issue.record("was read")
    } catch {
      #expect(error.faults.count == 20)
      #expect(error.description.hasSuffix("and 80 more"))
    }
  }

  @Test func `mutations of a document are refused or planned, and never trap`() throws {
    var random = SplitMix(seed: 20)
    let documents = [
      Document.contract,
      Document.books(
        Document.venue(
          "a", fee: "10", bids: "99 1,98 3", asks: "100 1,101 2.5",
          #","min_notional":"50","order_cost":"0.1","available_quote":"150","fee_in":"received""#),
        Document.venue(
          "b", fee: "-1", tick: "0.5", lot: "0.5", bids: "98.5 4", asks: "100.5 8",
          #","max_quantity":"3","available_base":"2""#)),
    ]
    let words = [
      "0", "-1", "9223372036854775807", "1e9", "null", "[]", "{}", "\"", ",", "\"NaN\"", "true",
      "0.0000000000000000001", "99999999999999999999999999999999999999999", "venue", "[[", "]]",
      "\"0\"", "\"1000000000000\"", "999999999999999999", "\u{e4}",
    ]
    var planned = 0
    for round in 0..<4000 {
      var bytes = Array(documents[round % documents.count].utf8)
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(10) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(place..<min(place + 1 + random.below(6), bytes.count))
        case 2: bytes.insert(contentsOf: words[random.below(words.count)].utf8, at: place)
        default:
          let digits = bytes.indices.filter { bytes[$0] >= 0x30 && bytes[$0] <= 0x39 }
          let digit = digits[random.below(digits.count)]
          if random.below(8) > 0 {
            bytes[digit] = 0x30 + UInt8(random.below(10))
            continue
          }
          bytes.replaceSubrange(digit...digit, with: words[random.below(words.count)].utf8)
        }
      }
      let quantity = ["1", "2.5", "0.0001", "999999999999999999", "123456.789"][random.below(5)]
      let terms = Document.terms(round % 3 == 0 ? "sell" : "buy", quantity, nodes: 64)
      guard let problem = try? PlanReader.read(books: bytes, terms: terms) else { continue }
      let answer = try JSONValue(parsing: problem.answer())
      #expect(answer.at("quantity", "requested") != nil)
      planned += 1
    }
    #expect(planned > 200, "\(planned) documents were still valid")
  }
}

/// SplitMix64: the same numbers for the same seed on every machine.
private struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(count, 1))) }
}
