import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenMarketDataTests {
  private let bitcoin = KrakenFixtures.binding()
  private let matic = KrakenFixtures.binding(
    8, symbol: "MATIC/USD", priceDigits: 4, quantityDigits: 8, priceScale: 6)

  private func decoder(depth: Int = 10) -> KrakenMarketData {
    KrakenMarketData(listings: [bitcoin, matic], bookDepth: depth)
  }

  @Test func `the venue's own bitcoin example has the checksum it names`() throws {
    var decoder = decoder()
    var output = AdapterOutput()
    #expect(decoder.decode(KrakenFixtures.bitcoinSnapshot, into: &output) == .book)
    let update = try #require(output.bookUpdates.first)
    #expect(update.listing == ListingID(7))
    #expect(update.kind == .snapshot)
    #expect(update.subscribedDepth == 10)
    #expect(output.asks(update).count == 10)
    #expect(
      output.asks(update).first
        == BookLevel(price: Price(mantissa: 45_285_200), quantity: Quantity(mantissa: 10_000_000)))
    #expect(output.bids(update).first?.price == Price(mantissa: 45_283_500))
    #expect(update.venueTime.nanoseconds == 1_767_323_045_123_456_000)
    #expect(decoder.statistics[0].checksumsVerified == 1)
  }

  @Test func `numbers without their trailing zeros are padded for the checksum`() throws {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    decoder.decode(KrakenFixtures.maticUpdate, into: &output)
    #expect(decoder.statistics[1].checksumsVerified == 2)
    #expect(decoder.statistics[1].levelsChanged == 1)
    let update = try #require(output.bookUpdates.last)
    #expect(update.kind == .delta)
    #expect(
      output.bids(update)
        == [
          BookLevel(
            price: Price(mantissa: 565_700), quantity: Quantity(mantissa: 10_983_947_558_000))
        ])
  }

  @Test func `a wrong checksum breaks that book only and no level of it is passed on`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.bitcoinSnapshot, into: &output)
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    output.removeAll()
    decoder.decode(
      KrakenFixtures.book(
        "update", symbol: "MATIC/USD", bids: "0.5657/1", asks: "", checksum: 1), into: &output)
    #expect(output.bookFaults == [.checksumMismatch])
    #expect(output.bookUpdates.isEmpty)
    #expect(output.batch.levels.isEmpty)
    #expect(decoder.statistics[1].checksumsFailed == 1)

    output.removeAll()
    decoder.decode(KrakenFixtures.maticUpdate, into: &output)
    #expect(output.batch.isEmpty, "deltas of a broken book wait for a snapshot")
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    #expect(output.bookUpdates.count == 1)
  }

  @Test func `levels that fall out of the subscribed depth are cut after each message`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    // A better bid pushes 0.5657 out; when the better one goes, 0.5657 must not come back.
    let pushed = checksum(
      bids: Array(maticBids.dropLast()).withFirst((5667, 100_000_000)), asks: maticAsks)
    decoder.decode(
      KrakenFixtures.book(
        "update", symbol: "MATIC/USD", bids: "0.5667/1", asks: "", checksum: pushed), into: &output)
    let popped = checksum(bids: Array(maticBids.dropLast()), asks: maticAsks)
    decoder.decode(
      KrakenFixtures.book(
        "update", symbol: "MATIC/USD", bids: "0.5667/0", asks: "", checksum: popped), into: &output)
    #expect(output.bookFaults.isEmpty)
    #expect(decoder.statistics[1].checksumsVerified == 3)
  }

  @Test func `a price that occurs twice in one message applies in order`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    decoder.decode(
      KrakenFixtures.book(
        "update", symbol: "MATIC/USD", bids: "0.5657/7 0.5657/0 0.5657/1098.3947558", asks: "",
        checksum: 2_114_181_697), into: &output)
    #expect(output.bookFaults.isEmpty)
    #expect(decoder.statistics[1].levelsChanged == 3)
  }

  @Test func `members in another order and exponents are read all the same`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    decoder.decode(
      """
      {"data":[{"checksum":2114181697,"asks":[],"bids":[{"qty":10983947558e-7,"price":5.657E-1}],\
      "new":{"a":[1]},"symbol":"MATIC/USD"}],"type":"update","extra":null,"channel":"book"}
      """, into: &output)
    #expect(output.bookFaults.isEmpty)
    #expect(decoder.statistics[1].checksumsVerified == 2)
  }

  @Test(arguments: [
    "{\"price\":0.56571,\"qty\":1}", "{\"price\":-0.5657,\"qty\":1}", "{\"price\":0.5657}",
    "{\"price\":0.5657,\"qty\":-1}", "{\"price\":\"x\",\"qty\":1}", "{\"price\":0,\"qty\":1}",
    "{\"price\":99999999999999999999,\"qty\":1}", "{\"price\":1e40,\"qty\":1}", "[]", "7", "null",
    "{\"price\":9223372036854775.807,\"qty\":1}",
  ])
  func `a level that is not a level breaks the book instead of the process`(_ level: String) {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    output.removeAll()
    decoder.decode(
      """
      {"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[\(level)],"asks":[],\
      "checksum":1}]}
      """, into: &output)
    #expect(output.bookFaults == [.malformedMessage])
    #expect(output.batch.levels.isEmpty)
    #expect(decoder.statistics[1].malformed == 1)
  }

  @Test func `an update without a checksum is refused`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
    decoder.decode(
      "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"MATIC/USD\",\"bids\":[]}]}",
      into: &output)
    #expect(output.bookFaults == [.malformedMessage])
  }

  @Test func `a symbol that is not ours is passed over`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(
      KrakenFixtures.book("update", symbol: "XRP/USD", bids: "1/1", asks: "", checksum: 1),
      into: &output)
    #expect(output.batch.isEmpty)
    #expect(decoder.malformedCount == 1)
  }

  @Test func `trades are counted and other messages are named`() {
    var decoder = decoder()
    var output = AdapterOutput()
    let trades = """
      {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":1.0,\
      "qty":2.0,"ord_type":"limit","trade_id":1,"timestamp":"2026-01-02T03:04:05Z"},\
      {"symbol":"BTC/USD","side":"sell","price":1.0,"qty":2.0}]}
      """
    #expect(decoder.decode(trades, into: &output) == .trade)
    #expect(decoder.statistics[0].trades == 2)
    #expect(decoder.decode("{\"channel\":\"heartbeat\"}", into: &output) == .heartbeat)
    #expect(decoder.decode("{\"channel\":\"status\",\"type\":\"update\"}", into: &output) == .other)
    #expect(decoder.decode("{\"method\":\"pong\"}", into: &output) == .other)
    #expect(decoder.messageCount == 4)
  }

  @Test func `the smallest depth on offer that suffices is chosen`() {
    #expect(KrakenMarketData.subscriptionDepth(for: 1) == 10)
    #expect(KrakenMarketData.subscriptionDepth(for: 26) == 100)
    #expect(KrakenMarketData.subscriptionDepth(for: 5000) == 1000)
  }

  @Test func `a message cut anywhere never traps and never leaves half an update`() {
    for message in [KrakenFixtures.maticUpdate, KrakenFixtures.maticSnapshot] {
      for count in 0..<message.utf8.count {
        var decoder = decoder()
        var output = AdapterOutput()
        decoder.decode(KrakenFixtures.maticSnapshot, into: &output)
        output.removeAll()
        decoder.decode(String(decoding: message.utf8.prefix(count), as: UTF8.self), into: &output)
        let verified = decoder.statistics[1].checksumsVerified
        #expect(output.bookUpdates.count == verified - 1)
      }
    }
  }

  @Test func `mutated messages never trap`() {
    var random = KrakenRandom(seed: 42)
    let messages = [
      KrakenFixtures.bitcoinSnapshot, KrakenFixtures.maticSnapshot, KrakenFixtures.maticUpdate,
    ].map { Array($0.utf8) }
    var decoder = decoder()
    var output = AdapterOutput()
    for _ in 0..<20_000 {
      var bytes = messages[random.next(messages.count)]
      for _ in 0...random.next(3) { bytes[random.next(bytes.count)] = UInt8(random.next(256)) }
      output.removeAll()
      bytes.withUnsafeBytes {
        _ = decoder.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
      }
    }
    #expect(decoder.messageCount == 20_000)
  }

  @Test(.enabled(if: KrakenCaptures.isAvailable, "SLUICE_CAPTURES names no folder"))
  func `the recorded v2 updates all verify`() throws {
    var decoder = KrakenMarketData(listings: [bitcoin], bookDepth: 10)
    var output = AdapterOutput()
    for line in try KrakenCaptures.lines("2023-07-30_v2_book10_btcusd_first-300.jsonl.gz") {
      output.removeAll()
      decoder.decode(String(line), into: &output)
    }
    #expect(decoder.statistics[0].checksumsVerified == 301)
    #expect(decoder.statistics[0].checksumsFailed == 0)
    #expect(decoder.statistics[0].updates == 300)
  }

  // The MATIC example as integers at its digits, for checksums of our own.
  private let maticBids: [(Int64, Int64)] = [
    (5666, 483_175_496_356), (5665, 665_822_734_739), (5664, 1_872_491_513_344),
    (5663, 1_156_392_544_914), (5662, 1_400_665_365_711), (5661, 1_745_485_679_807),
    (5660, 1_809_715_470_000), (5659, 3_364_489_175_666), (5658, 14_834_640_000),
    (5657, 60_670_854_372),
  ]
  private let maticAsks: [(Int64, Int64)] = [
    (5668, 441_079_769_741), (5669, 465_540_412_487), (5670, 4_984_489_424_998),
    (5671, 2_430_641_678_000), (5672, 2_978_325_223_475), (5673, 5_723_471_239_278),
    (5674, 4_506_504_744_000), (5675, 591_276_380_354), (5676, 4_251_492_434_778),
    (5677, 3_630_408_470_220),
  ]

  private func checksum(bids: [(Int64, Int64)], asks: [(Int64, Int64)]) -> UInt32 {
    let text = (asks.prefix(10) + bids.prefix(10)).map { "\($0.0)\($0.1)" }.joined()
    return CRC32.checksum(Array(text.utf8))
  }
}

extension Array {
  fileprivate func withFirst(_ element: Element) -> [Element] { [element] + self }
}
