import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenAdapterMarketDataTests {
  private let harness = KrakenHarness(listings: [
    KrakenFixtures.binding(),
    KrakenFixtures.binding(8, symbol: "MATIC/USD", priceDigits: 4, priceScale: 6),
  ])

  private func receive(_ text: String) { harness.receive(text, on: .marketData) }

  private func start() {
    harness.open(.marketData)
    receive(KrakenFixtures.bitcoinSnapshot)
    receive(KrakenFixtures.maticSnapshot)
  }

  @Test func `one message subscribes every book`() throws {
    harness.open(.marketData)
    let parameters = harness.sent("subscribe").compactMap { $0.message["params"] }
    let books = try #require(parameters.first { $0["channel"]?.string == "book" })
    #expect(books["symbol"] == .array([.string("BTC/USD"), .string("MATIC/USD")]))
    #expect(books["depth"]?.int64 == 10)
    #expect(parameters.contains { $0["channel"]?.string == "instrument" })
    receive(KrakenFixtures.bitcoinSnapshot)
    #expect(harness.links == ["marketData up"])
  }

  @Test func `a wrong checksum subscribes that book anew, and only that one`() {
    start()
    receive(
      KrakenFixtures.book("update", symbol: "MATIC/USD", bids: "0.5657/1", asks: "", checksum: 1))
    #expect(harness.output.bookFaults == [.checksumMismatch])
    let sent = harness.sent()
    let methods = sent.map { $0.message["method"]?.string }
    #expect(methods == ["unsubscribe", "subscribe"])
    #expect(sent.last?.message["params"]?["symbol"] == .array([.string("MATIC/USD")]))
    #expect(harness.reconnects.isEmpty)
  }

  @Test func `a snapshot that does not come is asked for again`() {
    harness.open(.marketData)
    receive("{\"channel\":\"heartbeat\"}")
    for _ in 0..<4 {
      harness.advance(milliseconds: 2499)
      #expect(harness.sent("subscribe").isEmpty)
      receive("{\"channel\":\"heartbeat\"}")
    }
    harness.advance(milliseconds: 4)
    #expect(harness.sent("subscribe").count == 2)
  }

  @Test func `a book that breaks again and again is asked for less and less often`() {
    start()
    var waits: [Int64] = []
    for _ in 0..<4 {
      receive(
        KrakenFixtures.book("update", symbol: "MATIC/USD", bids: "0.5657/1", asks: "", checksum: 1))
      var waited: Int64 = 0
      while harness.sent("subscribe").isEmpty, waited < 60_000 {
        receive("{\"channel\":\"heartbeat\"}")
        harness.advance(milliseconds: 100)
        waited += 100
      }
      waits.append(waited)
      receive(KrakenFixtures.maticSnapshot)
    }
    #expect(waits[3] > waits[1])
  }

  @Test func `a refresh leaves the book and takes a new snapshot`() {
    start()
    harness.output.removeAll()
    harness.adapter.refreshBook(
      ListingID(7), at: harness.stamp, signer: harness.signer, into: &harness.output)
    #expect(harness.output.bookFaults == [.synchronizing])
    #expect(harness.sent().count == 2)
    harness.adapter.refreshBook(
      ListingID(7), at: harness.stamp, signer: harness.signer, into: &harness.output)
    #expect(harness.sent().count == 2, "one request at a time")
    receive(KrakenFixtures.bitcoinSnapshot)
    #expect(harness.output.bookUpdates.count == 1)
  }

  @Test func `losing the connection makes every book invalid`() {
    start()
    harness.close(.marketData)
    #expect(harness.links == ["marketData down"])
    #expect(harness.output.bookFaults == [.disconnected, .disconnected])
  }

  @Test func `a pair that only cancels has no book until it trades again`() {
    start()
    receive(instrument(status: "cancel_only"))
    #expect(harness.output.bookFaults == [.venueHalted])
    receive(KrakenFixtures.bitcoinSnapshot)
    #expect(harness.output.bookUpdates.isEmpty)
    receive(instrument(status: "online"))
    harness.advance(milliseconds: 1000)
    #expect(harness.sent("subscribe").count == 1)
    receive(KrakenFixtures.bitcoinSnapshot)
    #expect(harness.output.bookUpdates.count == 1)
  }

  @Test func `a venue in maintenance has no books at all`() {
    start()
    let status =
      "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"system\":\"maintenance\"}]}"
    receive(status)
    #expect(harness.output.bookFaults == [.venueHalted, .venueHalted])
    #expect(harness.incidents.first?.severity == .alarm)
    receive(status)
    #expect(harness.output.batch.isEmpty)
  }

  @Test func `other digits than REST told are followed`() {
    start()
    receive(instrument(status: "online", pricePrecision: 2))
    #expect(harness.output.bookFaults == [.synchronizing])
    #expect(!harness.incidents.isEmpty)
  }

  private func instrument(status: String, pricePrecision: Int = 1) -> String {
    """
    {"channel":"instrument","type":"update","data":{"assets":[],"pairs":[{"symbol":"BTC/USD",\
    "status":"\(status)","price_precision":\(pricePrecision),"price_increment":0.1,\
    "qty_precision":8,"qty_increment":1e-08},{"symbol":"XYZ/USD","status":"delisted"}]}}
    """
  }
}
