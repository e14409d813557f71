/// Orders of each instrument that wait for its market, the oldest first.
///
/// Every change of a book walks along one chain, so the entries are small and lie together: what
/// an order waits for is told without touching the order. The slots are those of its `WorkingParent`.
struct WatchList: ~Copyable, Sendable {
  struct Entry: Sendable, BitwiseCopyable {
    /// The worst price at which it may trade; of an armed order the stop price.
    var limit: Price
    /// Since when the only usable venue shows a price beyond an armed order's stop price.
    var crossedSince = Timestamp.distantFuture
    let id: ParentOrderID
    let parent: Int32
    let side: Side
    let trigger: TriggerSource
    fileprivate(set) var next: Int32 = -1
    fileprivate(set) var previous: Int32 = -1

    init(
      limit: Price, id: ParentOrderID, parent: Int, side: Side, trigger: TriggerSource = .bidAsk
    ) {
      self.trigger = trigger
      self.limit = limit
      self.id = id
      self.parent = Int32(parent)
      self.side = side
    }

    /// Whether a limit order would trade at the opposite side's best price.
    func isMarketable(bid: Price?, ask: Price?) -> Bool {
      if side == .buy { return ask.map { $0 <= limit } ?? false }
      return bid.map { $0 >= limit } ?? false
    }
  }

  private var entries: FixedBuffer<Entry>
  private var first: FixedBuffer<Int32>
  private var last: FixedBuffer<Int32>

  init(capacity: Int, instruments: Int) {
    entries = FixedBuffer(
      repeating: Entry(limit: .zero, id: ParentOrderID(0), parent: -1, side: .buy), count: capacity)
    first = FixedBuffer(repeating: -1, count: instruments)
    last = FixedBuffer(repeating: -1, count: instruments)
  }

  func first(of instrument: InstrumentID) -> Int? {
    instrument.index < first.count ? slot(first[instrument.index]) : nil
  }

  func next(after slot: Int) -> Int? { self.slot(entries[slot].next) }

  private func slot(_ link: Int32) -> Int? { link < 0 ? nil : Int(link) }

  subscript(slot: Int) -> Entry { entries[slot] }

  mutating func setLimit(_ slot: Int, _ limit: Price) { entries[slot].limit = limit }

  mutating func setCrossed(_ slot: Int, since time: Timestamp) {
    entries[slot].crossedSince = time
  }

  /// Puts an order behind the older ones; mostly that is the end.
  mutating func insert(_ slot: Int, _ entry: Entry, of instrument: InstrumentID) {
    var before = last[instrument.index]
    while before >= 0, entries[Int(before)].id > entry.id {
      before = entries[Int(before)].previous
    }
    let after = before < 0 ? first[instrument.index] : entries[Int(before)].next
    entries[slot] = entry
    entries[slot].previous = before
    entries[slot].next = after
    link(before, to: Int32(slot), of: instrument)
    link(Int32(slot), backFrom: after, of: instrument)
  }

  mutating func remove(_ slot: Int, of instrument: InstrumentID) {
    let (previous, next) = (entries[slot].previous, entries[slot].next)
    link(previous, to: next, of: instrument)
    link(previous, backFrom: next, of: instrument)
  }

  private mutating func link(_ previous: Int32, to next: Int32, of instrument: InstrumentID) {
    if previous < 0 {
      first[instrument.index] = next
    } else {
      entries[Int(previous)].next = next
    }
  }

  private mutating func link(
    _ previous: Int32, backFrom next: Int32, of instrument: InstrumentID
  ) {
    if next < 0 {
      last[instrument.index] = previous
    } else {
      entries[Int(next)].previous = previous
    }
  }
}
