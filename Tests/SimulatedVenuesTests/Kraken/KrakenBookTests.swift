import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct KrakenBookTests {
  private static func pair(priceScale: Int) -> KrakenPair {
    KrakenPair(
      0,
      SimulatedInstrument(
        base: "BTC", quote: "USD", priceScale: priceScale, quantityScale: 8, tick: 1, lot: 1,
        minimumQuantity: 1, maximumQuantity: .max, minimumNotional: .zero,
        shape: MarketShape(referencePrice: 1)))
  }

  private static func levels(_ text: String, priceScale: Int) -> [BookLevel] {
    text.split(separator: " ").map { level in
      let parts = level.split(separator: "/").map(String.init)
      return BookLevel(
        price: DecimalText.parse(parts[0], scale: priceScale) ?? 0,
        quantity: DecimalText.parse(parts[1], scale: 8) ?? 0)
    }
  }

  @Test func `gives the published checksum of a book with one price decimal`() {
    let book = KrakenBook(
      Self.pair(priceScale: 1), depth: 10,
      bids: Self.levels(
        "45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586 45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238",
        priceScale: 1),
      asks: Self.levels(
        "45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660 45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827",
        priceScale: 1))
    #expect(book.checksum == 3_310_070_434)
  }

  @Test func `pads the digits that a client may print shorter`() {
    let book = KrakenBook(
      Self.pair(priceScale: 4), depth: 10,
      bids: Self.levels(
        "0.5666/4831.75496356 0.5665/6658.22734739 0.5664/18724.91513344 0.5663/11563.92544914 0.5662/14006.65365711 0.5661/17454.85679807 0.566/18097.1547 0.5659/33644.89175666 0.5658/148.3464 0.5657/606.70854372",
        priceScale: 4),
      asks: Self.levels(
        "0.5668/4410.79769741 0.5669/4655.40412487 0.567/49844.89424998 0.5671/24306.41678 0.5672/29783.25223475 0.5673/57234.71239278 0.5674/45065.04744 0.5675/5912.76380354 0.5676/42514.92434778 0.5677/36304.0847022",
        priceScale: 4))
    #expect(book.checksum == 2_439_117_997)
  }

  @Test(arguments: [10, 25, 100])
  func `a client that applies the updates and cuts to its depth has the venue's book`(
    depth: Int
  ) throws {
    let venue = VenueHarness(hasMarket: true)
    let client = venue.connect()
    venue.send(
      #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":\#(depth)}}"#,
      client)
    var book = ClientBook(depth: depth)
    for _ in 0..<400 {
      venue.advance(milliseconds: 20)
      for message in try client.channel("book") {
        try book.apply(message)
        #expect(book.checksum == message["data"]?[0]?["checksum"]?.int64.map { UInt32($0) })
      }
      client.raw.removeAll()
      #expect(book.levels("bids") == venue.exchange.levels(0, .buy, depth: depth))
      #expect(book.levels("asks") == venue.exchange.levels(0, .sell, depth: depth))
    }
    #expect(book.updates > 200)
  }

  @Test func `two subscribers that come at different times see one book`() throws {
    let venue = VenueHarness(hasMarket: true)
    let subscription = #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}"#
    let early = venue.connect()
    venue.send(subscription, early)
    venue.advance(milliseconds: 500)
    let late = venue.connect()
    venue.send(subscription, late)
    for _ in 0..<50 { venue.advance(milliseconds: 20) }
    var first = ClientBook(depth: 10)
    for message in try early.channel("book") { try first.apply(message) }
    var second = ClientBook(depth: 10)
    for message in try late.channel("book") { try second.apply(message) }
    #expect(first.levels("bids") == second.levels("bids"))
    #expect(first.checksum == second.checksum)
  }

  @Test func `a wrong checksum and a skipped update strike once`() throws {
    for fault in [FaultKind.wrongChecksum, .sequenceGap] {
      let venue = VenueHarness(hasMarket: true)
      let client = venue.connect()
      venue.send(
        #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":100}}"#,
        client)
      venue.exchange.faults.add(Fault(fault, count: 1))
      for _ in 0..<100 { venue.advance(milliseconds: 20) }
      var book = ClientBook(depth: 100)
      var mismatches = 0
      for message in try client.channel("book") {
        try book.apply(message)
        if book.checksum != message["data"]?[0]?["checksum"]?.int64.map({ UInt32($0) }) {
          mismatches += 1
        }
      }
      let isSame =
        book.levels("bids") == venue.exchange.levels(0, .buy, depth: 100)
        && book.levels("asks") == venue.exchange.levels(0, .sell, depth: 100)
      if fault == .wrongChecksum { #expect(mismatches == 1 && isSame) }
      if fault == .sequenceGap { #expect(!isSame) }
    }
  }

  @Test func `silent market data sends nothing at all until it ends`() throws {
    let venue = VenueHarness(hasMarket: true)
    let client = venue.connect()
    venue.send(
      #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}"#, client)
    client.raw.removeAll()
    venue.exchange.faults.add(Fault(.silentMarketData, until: venue.now + 3_000_000_000))
    for _ in 0..<29 { venue.advance(milliseconds: 100) }
    #expect(client.raw.isEmpty)
    for _ in 0..<5 { venue.advance(milliseconds: 100) }
    #expect(try !client.channel("book").isEmpty)
  }

  @Test func `a heartbeat comes when nothing else has for a second`() throws {
    let venue = VenueHarness()
    let client = venue.connect()
    venue.send(
      #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}"#, client)
    venue.advance(milliseconds: 999)
    #expect(try client.channel("heartbeat").isEmpty)
    venue.advance(milliseconds: 1)
    #expect(try client.channel("heartbeat").count == 1)
  }
}

/// A client's book, kept the slow way from messages alone.
struct ClientBook {
  let depth: Int
  var sides: [String: [Int64: Int64]] = [:]
  var updates = 0

  init(depth: Int) { self.depth = depth }

  mutating func apply(_ message: JSONValue) throws {
    let data = try #require(message["data"]?[0])
    if message["type"]?.string == "snapshot" { sides = [:] } else { updates += 1 }
    for name in ["bids", "asks"] {
      for level in data[name]?.array ?? [] {
        let price = try #require(DecimalText.parse(level["price"]?.text ?? "", scale: 1))
        let quantity = try #require(DecimalText.parse(level["qty"]?.text ?? "", scale: 8))
        sides[name, default: [:]][price] = quantity == 0 ? nil : quantity
      }
      let kept = levels(name).prefix(depth)
      sides[name] = Dictionary(uniqueKeysWithValues: kept.map { ($0.price, $0.quantity) })
    }
  }

  func levels(_ name: String) -> [BookLevel] {
    (sides[name] ?? [:]).map { BookLevel(price: $0.key, quantity: $0.value) }
      .sorted { name == "bids" ? $0.price > $1.price : $0.price < $1.price }
  }

  var checksum: UInt32 {
    var text = ""
    for level in levels("asks").prefix(10) + levels("bids").prefix(10) {
      text += "\(level.price)\(level.quantity)"
    }
    return CRC32.checksum(Array(text.utf8))
  }
}
