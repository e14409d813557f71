internal import RouterCore
internal import Simulation

/// A venue that answers with reports directly: fast, and wrong in every way that a venue can be.
///
/// It accepts each copy of an order once, fills it by a random market of its own, and loses, doubles
/// and delays what it says. Asked again and again, it tells everything.
final class ModelVenue: VenueLinkage {
  enum Happening {
    // On the way to the router, or in its memory: gone when it dies.
    case define
    case report(Int)
    case link(VenueLink, isUp: Bool)
    case balance(BalanceObservation)
    case snapshot(Int)
    case delta(Int)
    case bookInvalid(Int)
    case publicTrade(MarketTrade)
    case listing(Int)
    case send(NewChildOrder)
    case query(ChildOrderID, askedAt: Timestamp)
    case balanceQuery(askedAt: Timestamp)
    case orderList(askedAt: Timestamp)
    case openOrder(OpenOrderObservation)
    case endOfList
    // At the venue, or on the way to it.
    case arrival(NewChildOrder, isSilent: Bool)
    case cancel(ChildOrderID)
    case trade(Int)
    case lateFill(Int)
    case endOutage

    var diesWithRouter: Bool {
      switch self {
      case .arrival, .cancel, .trade, .lateFill, .endOutage: false
      default: true
      }
    }
  }

  let venue: VenueID
  var mayStillSend: ((ChildOrderID) -> Bool)?
  let faults: FaultMix
  var areFaultsOn = true
  var random: SeededRandom
  var queue = TimedQueue<Happening>()
  var reports: [VenueExecutionReport] = []
  /// Reports of the stream that may come again with a new connection.
  var recent: [Int] = []
  var orders: [ModelOrder] = []
  /// Open orders under ids of ours that no router of this history has sent.
  var strangers: [OpenOrderObservation] = []
  var account: ModelAccount
  var market: ModelMarket
  var listings: [Listing]
  var executionCount = 0
  var now = Timestamp.distantPast
  /// The stream keeps its order: nothing on it comes before this.
  var streamTime = Timestamp.distantPast
  var isStreamUp = false
  var isOrderEntryUp = false
  var isMarketDataUp = false
  var isDown = false
  /// Until when answers take ten seconds, and until when there are none.
  var slowUntil = Timestamp.distantPast
  var refusesUntil = Timestamp.distantPast
  /// Whether the router lives.
  private(set) var isRunning = false
  /// The latest epoch in an id that the router has sent.
  var epoch: UInt32 = 1
  let latencyMicroseconds: Int64
  /// How often, of a hundred, an order that takes misses.
  let missRate: Int
  /// When the router gives it up; of each seed another.
  private let breaker: VenueBreakerSettings
  private var batch = EventBatch(eventCapacity: 4, levelCapacity: 16)

  init(venue: VenueID, faults: FaultMix, seed: UInt64) {
    self.venue = venue
    self.faults = faults
    random = SeededRandom(seed: seed)
    latencyMicroseconds = Int64(200 + random.below(20_000))
    missRate = random.below(60)
    breaker = Self.breaker(venue, &random)
    market = ModelMarket(&random)
    listings = Universe.instruments.indices.map { Self.listing(venue, $0) }
    // Enough for a few orders, so that planning beyond a balance shows.
    account = ModelAccount([
      Universe.amount(Int64(10 + random.below(200))).mantissa,
      Universe.amount(Int64(1 + random.below(2))).mantissa / 10,
      Universe.amount(Int64(1 + random.below(4))).mantissa / 2,
    ])
  }

  private static func breaker(
    _ venue: VenueID, _ random: inout SeededRandom
  ) -> VenueBreakerSettings {
    let slow = Int64(300 + random.below(3000))
    let open = Int64(100 + random.below(3000))
    return VenueBreakerSettings(
      venue: venue, isEnabled: random.below(10) > 0, windowCalls: UInt16(4 + random.below(60)),
      windowSeconds: UInt32(2 + random.below(40)), minimumCalls: UInt16(2 + random.below(6)),
      failureRate: UInt16(2000 + random.below(6000)),
      slowCallRate: UInt16(2000 + random.below(8000)), slowCallMilliseconds: slow,
      timeoutMilliseconds: slow + Int64(random.below(8000)), openMilliseconds: open,
      openCapMilliseconds: open * Int64(1 + random.below(8)),
      halfOpenProbes: UInt8(random.below(4)))
  }

  private static func listing(_ venue: VenueID, _ instrument: Int) -> Listing {
    Listing(
      id: Universe.listing(venue, instrument), venue: venue,
      instrument: Universe.instruments[instrument].id, symbol: ShortText(truncating: "PAIR"),
      priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: [1, 5, 10, 2][venue.index % 4]),
      minimumQuantity: Quantity(mantissa: [1, 5, 10, 2][venue.index % 4]),
      maximumQuantity: Quantity(mantissa: venue.index == 1 ? 500 : .max),
      minimumNotional: Notional(mantissa: venue.index == 2 ? 50_000 : 0),
      takerFee: FeeRate(partsPerHundredMillion: Int64(100_000 + 50_000 * venue.index)),
      makerFee: FeeRate(partsPerHundredMillion: Int64(40_000 + 20_000 * venue.index)),
      feeAsset: venue.index == 3 ? .received : .quote, status: .trading)
  }

  // MARK: The router's side

  func start(at now: Timestamp) {
    self.now = max(self.now, now)
    isRunning = true
    queue.add(.define, at: now)
    if !isDown { connectAll(after: Int64(random.below(300_000))) }
  }

  func crash(at now: Timestamp) {
    self.now = max(self.now, now)
    isRunning = false
    queue.keep { !$0.diesWithRouter }
    (isStreamUp, isOrderEntryUp, isMarketDataUp) = (false, false, false)
  }

  func execute(_ command: VenueCommand, at now: Timestamp) {
    self.now = max(self.now, now)
    switch command {
    case .newOrder(let order): submit(order)
    case .cancel(let child): cancel(child)
    case .query(let child):
      if strikes(.queryFailure) { return report(child.id, .queryFailed, after: latency) }
      queue.add(.query(child.id, askedAt: now), at: later(latency))
    case .listOpenOrders: queue.add(.orderList(askedAt: now), at: later(latency))
    case .refreshBalances:
      if !strikes(.balanceLoss) { queue.add(.balanceQuery(askedAt: now), at: later(latency)) }
    }
  }

  func refreshBook(_ listing: ListingID, at now: Timestamp) {
    self.now = max(self.now, now)
    guard isMarketDataUp else { return }
    queue.add(.snapshot(listing.index % Universe.instruments.count), at: later(2 * latency))
  }

  var nextEventTime: Timestamp { queue.earliest }

  func advance(to now: Timestamp, _ deliver: (borrowing EventBatch) -> Void) {
    while let (happening, time) = queue.next(by: now) {
      self.now = max(self.now, time)
      carryOut(happening)
      if !batch.isEmpty {
        deliver(batch)
        batch.removeAll()
      }
    }
  }

  private func carryOut(_ happening: Happening) {
    switch happening {
    case .define: define()
    case .report(let index):
      account.told(reports[index].executionID)
      batch.append(.childReport(reports[index]))
    case .link(let link, let isUp): linkChanged(link, isUp: isUp)
    case .balance(let observation): batch.append(.balanceObserved(observation))
    case .snapshot(let instrument): appendBook(market.books[instrument], instrument, .snapshot)
    case .delta(let instrument):
      appendBook(market.nudge(instrument, &random), instrument, .delta)
    case .bookInvalid(let instrument):
      batch.append(.bookInvalid(listings[instrument].id, .sequenceGap))
    case .publicTrade(let trade): if isMarketDataUp { batch.append(.trade(trade)) }
    case .listing(let instrument): batch.append(.listingChanged(listings[instrument]))
    case .send(let order): sendNow(order)
    case .query(let id, let askedAt): answerQuery(id, askedAt)
    case .balanceQuery(let askedAt): answerBalanceQuery(askedAt)
    case .orderList(let askedAt): answerOrderList(askedAt)
    case .openOrder(let order): batch.append(.openOrderObserved(order))
    case .endOfList: batch.append(.openOrdersListed(venue))
    case .arrival(let order, let isSilent): arrive(order, isSilent: isSilent)
    case .cancel(let id): cancelArrived(id)
    case .trade(let index): tradeResting(index)
    case .lateFill(let index): fillLate(index)
    case .endOutage: endOutage()
    }
  }

  private func define() {
    batch.append(
      .venueDefined(
        VenueDefinition(
          id: venue, name: ShortText(truncating: "venue\(venue.index)"),
          absenceProofMilliseconds: 5000, holdsFee: true)))
    batch.append(.venueBreakerChanged(breaker))
    for listing in listings { batch.append(.listingChanged(listing)) }
  }

  private func appendBook(
    _ book: ModelMarket.Book, _ instrument: Int, _ kind: BookUpdate.Kind
  ) {
    guard isMarketDataUp else { return }
    for level in book.bids { batch.append(level) }
    for level in book.asks { batch.append(level) }
    batch.append(
      .book(
        BookUpdate(
          listing: listings[instrument].id, kind: kind, bidStart: 0,
          bidCount: Int32(book.bids.count), askStart: Int32(book.bids.count),
          askCount: Int32(book.asks.count), subscribedDepth: 0, venueTime: now, receivedAt: now)))
  }

  private func linkChanged(_ link: VenueLink, isUp: Bool) {
    if isUp && isDown { return }
    switch link {
    case .dropCopy: isStreamUp = isUp
    case .orderEntry: isOrderEntryUp = isUp
    case .marketData: isMarketDataUp = isUp
    }
    batch.append(.linkChanged(venue, link, isUp: isUp))
    guard isUp else { return }
    if link == .marketData {
      for instrument in listings.indices { queue.add(.snapshot(instrument), at: later(latency)) }
    }
    if link == .dropCopy { repeatLies() }
    if link == .dropCopy, strikes(.replay) {
      for index in recent { queue.add(.report(index), at: later(Int64(random.below(50_000)))) }
    }
  }

  func connectAll(after microseconds: Int64) {
    guard isRunning else { return }
    for link in VenueLink.allCases {
      queue.add(
        .link(link, isUp: true), at: later(microseconds + Int64(random.below(200_000))))
    }
  }

  // MARK: Time and chance

  var latency: Int64 { latencyMicroseconds / 2 + Int64(random.below(Int(latencyMicroseconds))) }

  /// How much longer than usual an answer takes.
  var slowness: Int64 { now < slowUntil ? 10_000_000 : 0 }

  var refuses: Bool { now < refusesUntil }

  func later(_ microseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: now.nanoseconds + microseconds * 1000)
  }

  func strikes(_ fault: Fault) -> Bool { areFaultsOn && faults.strikes(fault, &random) }

  // MARK: The truth

  var acceptedOrderCount: Int { orders.count }

  func acceptedOrder(at number: Int) -> VenueTruth.Order {
    acceptedOrder(orders[number].order.id)
      ?? VenueTruth.Order(
        id: orders[number].order.id, quantity: .zero, filled: .zero, isOpen: false, copies: 0,
        isLie: false)
  }

  func acceptedOrder(_ id: ChildOrderID) -> VenueTruth.Order? {
    var truth: VenueTruth.Order?
    for order in orders where order.order.id == id {
      let copies = (truth?.copies ?? 0) + 1
      truth = VenueTruth.Order(
        id: id, quantity: order.order.quantity,
        filled: Quantity(mantissa: (truth?.filled.mantissa ?? 0) + order.filled),
        isOpen: order.state == .open || truth?.isOpen == true, copies: copies,
        isLie: order.isLie || truth?.isLie == true)
    }
    return truth
  }

  var executions: [VenueTruth.Execution] {
    var all: [VenueTruth.Execution] = []
    for order in orders {
      for execution in order.executions {
        all.append(
          VenueTruth.Execution(
            child: order.order.id, executionID: Self.executionID(execution.number),
            quantity: Quantity(mantissa: execution.quantity),
            price: Price(mantissa: execution.price), fee: execution.fee,
            feeAsset: execution.feeAsset))
      }
    }
    return all
  }

  func change(of asset: AssetID) -> Int128 { account.changes[asset.index] }

  var overdraws: Int { account.overdraws }

  var orphans: Int { strangers.count }

  static func executionID(_ number: Int) -> ShortText { ShortText(truncating: "T\(number)") }
}
