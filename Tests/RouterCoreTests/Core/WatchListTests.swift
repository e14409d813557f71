import Testing

@testable import RouterCore

@Suite struct WatchListTests {
  /// What it must agree with: all entries, looked through.
  private struct Naive {
    var entries: [(slot: Int, id: UInt64, instrument: Int)] = []

    func chain(of instrument: Int) -> [Int] {
      entries.filter { $0.instrument == instrument }.sorted { $0.id < $1.id }.map(\.slot)
    }
  }

  private func entry(_ id: UInt64, limit: Int64 = 1, _ side: Side = .buy) -> WatchList.Entry {
    WatchList.Entry(
      limit: Price(mantissa: limit), id: ParentOrderID(id), parent: Int(id), side: side)
  }

  private func chain(_ list: borrowing WatchList, _ instrument: Int) -> [Int] {
    var slots: [Int] = []
    var next = list.first(of: InstrumentID(UInt16(instrument)))
    while let slot = next {
      slots.append(slot)
      next = list.next(after: slot)
    }
    return slots
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `whatever comes and goes, each chain has its orders by age`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var list = WatchList(capacity: 40, instruments: 3)
    var naive = Naive()
    var free = Array(0..<40)
    var nextID: UInt64 = 1000
    for _ in 0..<2000 {
      if !free.isEmpty, random.next() % 2 == 0 || naive.entries.isEmpty {
        let slot = free.remove(at: Int(random.next() % UInt64(free.count)))
        // Now and then an old order, as a stop that triggers late.
        var id = nextID
        if random.next() % 4 == 0 {
          id = random.next() % 1000
          while naive.entries.contains(where: { $0.id == id }) { id += 1 }
        }
        nextID = max(nextID, id) + 1
        let instrument = Int(random.next() % 3)
        list.insert(slot, entry(id), of: InstrumentID(UInt16(instrument)))
        naive.entries.append((slot, id, instrument))
      } else {
        let gone = naive.entries.remove(at: Int(random.next() % UInt64(naive.entries.count)))
        list.remove(gone.slot, of: InstrumentID(UInt16(gone.instrument)))
        free.append(gone.slot)
      }
      for instrument in 0..<3 {
        #expect(chain(list, instrument) == naive.chain(of: instrument))
      }
    }
  }

  @Test func `an order is marketable at its limit and inside it, against the other side`() {
    let (low, high) = (Price(mantissa: 99), Price(mantissa: 101))
    let at = Price(mantissa: 100)
    #expect(entry(1, limit: 100, .buy).isMarketable(bid: nil, ask: at))
    #expect(entry(1, limit: 100, .buy).isMarketable(bid: nil, ask: low))
    #expect(!entry(1, limit: 100, .buy).isMarketable(bid: low, ask: high))
    #expect(!entry(1, limit: 100, .buy).isMarketable(bid: high, ask: nil))
    #expect(entry(1, limit: 100, .sell).isMarketable(bid: at, ask: nil))
    #expect(entry(1, limit: 100, .sell).isMarketable(bid: high, ask: nil))
    #expect(!entry(1, limit: 100, .sell).isMarketable(bid: low, ask: high))
    #expect(!entry(1, limit: 100, .sell).isMarketable(bid: nil, ask: low))
  }

  @Test func `a new limit counts at once`() {
    var list = WatchList(capacity: 2, instruments: 1)
    list.insert(1, entry(7, limit: 100), of: InstrumentID(0))
    list.setLimit(1, Price(mantissa: 103))
    #expect(list[1].isMarketable(bid: nil, ask: Price(mantissa: 102)))
    #expect(list[1].parent == 7)
  }
}
