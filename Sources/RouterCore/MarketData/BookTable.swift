/// The books of all listings, by listing; a book is made when its listing is defined.
@safe
package struct BookTable: ~Copyable {
  private let base: UnsafeMutablePointer<OrderBook>
  private var isMade: FixedBuffer<Bool>
  private let levels: Int

  package init(capacity: Int, levels: Int) {
    unsafe base = .allocate(capacity: capacity)
    isMade = FixedBuffer(repeating: false, count: capacity)
    self.levels = levels
  }

  deinit {
    for index in 0..<isMade.count where isMade[index] {
      unsafe (base + index).deinitialize(count: 1)
    }
    unsafe base.deallocate()
  }

  package mutating func make(_ listing: ListingID) {
    guard !contains(listing) else { return }
    unsafe (base + listing.index).initialize(to: OrderBook(capacity: levels))
    isMade[listing.index] = true
  }

  package func contains(_ listing: ListingID) -> Bool {
    listing.index < isMade.count && isMade[listing.index]
  }

  package subscript(listing: ListingID) -> OrderBook {
    @inline(__always) _read {
      precondition(contains(listing))
      yield unsafe base[listing.index]
    }
    @inline(__always) _modify {
      precondition(contains(listing))
      yield unsafe &base[listing.index]
    }
  }

  // Past the subscript, whose frame is allocated where the compiler does not inline it.

  func bestBid(of listing: ListingID) -> BookLevel? {
    precondition(contains(listing))
    return unsafe base[listing.index].bestBid
  }

  func bestAsk(of listing: ListingID) -> BookLevel? {
    precondition(contains(listing))
    return unsafe base[listing.index].bestAsk
  }
}

extension BookTable: @unchecked Sendable {}
