import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct KrakenBookTests {
  /// Sorted anew for every question: slow and obviously right.
  private struct NaiveSide {
    var levels: [(price: Int64, quantity: Int64)] = []
    let isBid: Bool

    mutating func set(_ price: Int64, _ quantity: Int64, depth: Int) {
      levels.removeAll { $0.price == price }
      if quantity > 0 { levels.append((price, quantity)) }
      levels.sort { isBid ? $0.price > $1.price : $0.price < $1.price }
      if levels.count > depth { levels.removeLast(levels.count - depth) }
    }
  }

  @Test(arguments: [(10, 1), (10, 2), (25, 3), (100, 4), (100, 5)])
  func `the book equals a naive one through seeded changes`(_ depth: Int, _ seed: UInt64) {
    var random = KrakenRandom(seed: seed)
    var book = KrakenBook(depth: depth)
    var scratch = KrakenChecksumText()
    var bids = NaiveSide(isBid: true)
    var asks = NaiveSide(isBid: false)
    for _ in 0..<4000 {
      let isBid = random.next(2) == 0
      let distance = Int64(random.next(random.next(4) == 0 ? 3 * depth : 15))
      let price = isBid ? 100_000 - distance : 100_001 + distance
      let quantity = random.next(3) == 0 ? 0 : Int64(1 + random.next(1_000_000_000))
      if isBid {
        bids.set(price, quantity, depth: depth)
        if book.bids.set(price: price, quantity: quantity) { book.isChecksumStale = true }
      } else {
        asks.set(price, quantity, depth: depth)
        if book.asks.set(price: price, quantity: quantity) { book.isChecksumStale = true }
      }
      book.truncate()
      let checksum = book.currentChecksum(&scratch)
      #expect(checksum == expectedChecksum(bids, asks))
    }
    #expect((0..<book.bids.count).map { book.bids[$0].price } == bids.levels.map(\.price))
    #expect((0..<book.asks.count).map { book.asks[$0].quantity } == asks.levels.map(\.quantity))
  }

  private func expectedChecksum(_ bids: NaiveSide, _ asks: NaiveSide) -> UInt32 {
    let levels = asks.levels.prefix(10) + bids.levels.prefix(10)
    return CRC32.checksum(Array(levels.map { "\($0.price)\($0.quantity)" }.joined().utf8))
  }

  @Test(
    arguments: [
      ("1e-08", 8, 1), ("1.5E+2", 1, 1500), ("-2e0", 0, -2), ("12.50", 1, 125),
    ] as [(String, Int, Int64)])
  func `numbers with an exponent are exact`(_ text: String, _ scale: Int, _ value: Int64) {
    #expect(KrakenNumber.parse(text, scale: scale) == value)
  }

  @Test(arguments: ["1e-9", "1e", "e5", "1e99", "1.23456789012345678901e2", "", "1e5e5", "0x1"])
  func `numbers that do not fit are refused`(_ text: String) {
    #expect(KrakenNumber.parse(text, scale: 8) == nil)
  }

  @Test func `orders are found by either id, and the oldest closed ones leave`() throws {
    var table = KrakenOrderTable(limit: 1)
    let listing = KrakenFixtures.binding().listing
    let kept = table.add(KrakenHarness.child(1, epoch: 9), listing, sentAt: .distantPast)
    let isNew = table.bind(kept, to: KrakenBookTests.id(0))
    #expect(isNew)
    for number in 1..<20_000 {
      let child = KrakenHarness.child(UInt16(number % 60_000), epoch: UInt32(10 + number / 60_000))
      let index = table.add(child, listing, sentAt: .distantPast)
      _ = table.bind(index, to: KrakenBookTests.id(number))
      table[index].isClosed = true
      #expect(table.index(ofVenueOrderID: KrakenBookTests.id(number)) == index)
      #expect(table.index(of: child) == index)
    }
    #expect(table.count < 10_000)
    let open = try #require(table.index(ofVenueOrderID: KrakenBookTests.id(0)))
    #expect(table[open].child == KrakenHarness.child(1, epoch: 9))
    #expect(table.index(ofVenueOrderID: KrakenBookTests.id(1)) == nil)
    #expect(table.openIndices == [open])
  }

  private static func id(_ number: Int) -> ShortText { ShortText("O-\(number)") ?? ShortText() }
}
