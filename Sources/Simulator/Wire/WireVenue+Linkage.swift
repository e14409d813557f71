internal import RouterCore
internal import struct Simulation.SeededRandom
internal import VenueAdapters

/// A venue on the wire in the frame of all histories.
extension WireVenue: VenueLinkage {
  /// Where the time of all histories begins.
  private static var begin: Timestamp { Timestamp(nanoseconds: 1_700_000_000_000_000_000) }

  /// The venues of a script: its faults, spread over network, server and machine.
  static func venues(of script: Script) -> [any VenueLinkage] {
    let names = ["binance", "coinbase-exchange", "kraken"]
    var random = SeededRandom(seed: SeededRandom.hash(script.seed ^ 0x3173))
    let first = random.below(names.count)
    let reference = WireReference(
      venues: (0..<script.venueCount).map { names[(first + $0) % names.count] },
      bases: ["BTC", "ETH"], instance: Universe.instance)
    let marketSeed = random.next()
    return (0..<script.venueCount).map { index in
      // Every venue's draws come first, so that fewer faults change nothing else.
      var draw = SeededRandom(seed: SeededRandom.hash(script.seed &+ UInt64(index) &* 0x9E37))
      return WireVenue(
        VenueID(UInt8(index)), of: reference, faults: WireFaults(script.faults, &draw),
        seed: draw.next(), marketSeed: marketSeed &+ UInt64(index), now: begin)
    }
  }

  func setFaults(_ areOn: Bool, at now: Timestamp) {
    setTime(now)
    setFaults(areOn)
  }

  func disturb(_ disturbance: VenueDisturbance, seed: UInt64, at now: Timestamp) {
    setTime(now)
    var draw = SeededRandom(seed: seed)
    switch disturbance {
    // The market moves by itself, and nothing but the dialect speaks to the router.
    case .market, .garbage: break
    case .oddMarket: server.placeOddOrder(&draw)
    case .marketGap: server.inject(draw.below(2) == 0 ? .sequenceGap : .wrongChecksum, &draw)
    case .foreignActivity: server.placeForeignOrder(&draw)
    case .dropCopyCut, .orderEntryCut: cut(.privateStream)
    case .marketDataCut: cut(.marketData)
    case .outage: server.crash()
    case .listingChange: server.inject(.halted, &draw)
    case .stranger: placeStranger(&draw)
    case .slowness: server.beginSlowness(&draw)
    case .refusal: server.beginRefusal(&draw)
    case .flapping: flap(&draw)
    }
  }

  private func placeStranger(_ draw: inout SeededRandom) {
    let id = ChildOrderID(
      instance: Universe.instance, epoch: UInt32(1 + draw.below(3)),
      parent: ParentOrderID(UInt64(40_000 + draw.below(100))), child: UInt16(1 + draw.below(5)))
    server.placeStranger((usesUUIDs ? id.uuid : id.short).string, &draw)
  }

  // MARK: The venue's own side

  var acceptedOrderCount: Int { books.orderCount }

  func acceptedOrder(at number: Int) -> VenueTruth.Order {
    truth(books.order(at: number))
  }

  func acceptedOrder(_ id: ChildOrderID) -> VenueTruth.Order? {
    books.order(id).map(truth)
  }

  /// Without execution ids: what an adapter makes of the venue's numbers is its own affair.
  var executions: [VenueTruth.Execution] {
    books.allTrades.map { trade in
      VenueTruth.Execution(
        child: trade.child, executionID: ShortText(), quantity: trade.quantity,
        price: trade.price, fee: trade.fee.mantissa, feeAsset: trade.feeAsset)
    }
  }

  func change(of asset: AssetID) -> Int128 { books.change(of: asset) }
  var overdraws: Int { server.overdraws }
  var orphans: Int { server.openStrangers }

  private func truth(_ order: WireBooks.Order) -> VenueTruth.Order {
    VenueTruth.Order(
      id: order.child, quantity: order.quantity, filled: order.filled, isOpen: order.isOpen,
      copies: order.copies, isLie: false)
  }
}
