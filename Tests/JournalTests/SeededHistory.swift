import RouterCore

/// Facts of a made-up life of a router, from one seed: parents and children that open, fill and
/// close, refusals, settings, halts and starts, fills that come too late.
struct SeededHistory {
  static let configuration: CoreConfiguration = {
    var configuration = CoreConfiguration.small(instance: 1)
    configuration.parentCapacity = 24
    configuration.openParentCapacity = 12
    configuration.childCapacity = 96
    configuration.fillCapacity = 128
    configuration.clientOrderIDCapacity = 64
    return configuration
  }()

  private struct Child {
    var id: ChildOrderID
    var venue: UInt8
    var leaves: Int64
  }

  private struct Parent {
    var id: ParentOrderID
    var children: [Child] = []
    var childCount: UInt16 = 0
    var isCanceling = false
  }

  private(set) var facts: [Fact] = []
  private var random: SeededRandom
  private var time: Int64 = 1_000_000_000
  private var open: [Parent] = []
  private var ended: [Child] = []
  private var parentCount: UInt64 = 0
  private var requestCount = 0
  private var executionCount = 0
  private var epoch: UInt32 = 0

  init(seed: UInt64, count: Int) {
    random = SeededRandom(seed: seed)
    start()
    define()
    while facts.count < count { step() }
  }

  private var now: Timestamp { Timestamp(nanoseconds: time) }

  private func text(_ text: String) -> ShortText { ShortText(truncating: text) }

  private mutating func add(_ fact: Fact) {
    time += Int64(random.next(below: 1_000_000))
    facts.append(fact)
  }

  private mutating func start() {
    epoch += 1
    add(.epochStarted(epoch: epoch, at: now))
  }

  private mutating func define() {
    for venue in 0..<3 {
      add(
        .venueDefined(
          VenueDefinition(
            id: VenueID(UInt8(venue)), name: text("venue\(venue)"), absenceProofMilliseconds: 5000,
            holdsFee: venue == 1)))
    }
    for (id, name) in ["USD", "BTC"].enumerated() {
      add(.assetDefined(AssetDefinition(id: AssetID(UInt16(id)), name: text(name))))
    }
    add(
      .instrumentDefined(
        InstrumentDefinition(
          instrument: Instrument(
            id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 2,
            quantityScale: 4),
          symbol: text("BTC-USD"))))
    for venue in 0..<3 { add(.listingChanged(listing(venue))) }
  }

  private mutating func listing(_ venue: Int) -> Listing {
    Listing(
      id: ListingID(UInt16(venue)), venue: VenueID(UInt8(venue)), instrument: InstrumentID(0),
      symbol: text("BTCUSD"), priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
      maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero,
      takerFee: FeeRate(partsPerHundredMillion: Int64(random.next(below: 1000))),
      makerFee: FeeRate(partsPerHundredMillion: 0), feeAsset: .quote, status: .trading)
  }

  private mutating func step() {
    switch random.next(below: 24) {
    case 0...4: accept()
    case 5: refuse()
    case 6...11: intend()
    case 12...15: advance()
    case 16...18: fill()
    case 19: lateFill()
    case 20...21: closeParent()
    case 22: change()
    default: setting()
    }
  }

  private mutating func nextRequest() -> ShortText {
    requestCount += 1
    return text("request-\(requestCount)")
  }

  private mutating func accept() {
    guard open.count < 10 else { return closeParent() }
    parentCount += 1
    let isStop = random.chance(20)
    let order = NewOrderSingle(
      requestID: UInt64(requestCount), clientOrderID: nextRequest(), requestDigest: random.next(),
      instrument: InstrumentID(0), side: random.chance(50) ? .buy : .sell,
      type: isStop ? .stopLimit : .limit, timeInForce: .goodTillCancel,
      quantity: Quantity(mantissa: 1_000_000), limitPrice: Price(mantissa: 100_00),
      stopPrice: isStop ? Price(mantissa: 99_00) : nil, deadline: .distantFuture,
      maximumChildren: 0)
    let id = ParentOrderID(parentCount)
    add(
      .parentAccepted(
        ParentAccepted(
          id: id, order: order, effectiveLimit: Price(mantissa: 100_00),
          arrivalBid: Price(mantissa: 99_00), arrivalAsk: Price(mantissa: 101_00), at: now)))
    open.append(Parent(id: id))
    if isStop {
      add(
        .parentTriggered(
          ParentTriggered(
            parent: id, price: Price(mantissa: 99_00), confirmingVenues: 2, usableVenues: 3,
            effectiveLimit: Price(mantissa: 100_00), deadline: .distantFuture, at: now)))
    }
  }

  private mutating func refuse() {
    add(
      .parentRefused(
        ParentRefused(
          clientOrderID: nextRequest(), requestDigest: random.next(), reason: .priceCollar,
          at: now)))
  }

  private mutating func anyOpen() -> Int? {
    open.isEmpty ? nil : Int(random.next(below: UInt64(open.count)))
  }

  private mutating func intend() {
    guard let place = anyOpen(), open[place].children.count < 4, open[place].childCount < 8 else {
      return
    }
    open[place].childCount += 1
    let venue = UInt8(random.next(below: 3))
    let id = ChildOrderID(
      instance: 1, epoch: epoch, parent: open[place].id, child: open[place].childCount)
    let quantity = Int64(random.next(below: 100) + 1)
    add(
      .childIntended(
        ChildIntended(
          order: NewChildOrder(
            id: id, venue: VenueID(venue), listing: ListingID(UInt16(venue)), side: .buy,
            limitPrice: Price(mantissa: 100_00), quantity: Quantity(mantissa: quantity),
            timeInForce: .immediateOrCancel),
          wave: open[place].childCount, reserved: Amount(mantissa: Int128(quantity) << 40),
          at: now)))
    open[place].children.append(Child(id: id, venue: venue, leaves: quantity))
  }

  private mutating func advance() {
    guard let place = anyOpen(), let child = open[place].children.last else { return }
    switch random.next(below: 6) {
    case 0: add(.childSent(child.id, at: now))
    case 1: add(.childAcknowledged(child.id, venueOrderID: text("V\(executionCount)"), at: now))
    case 2: add(.childUnknown(child.id, at: now))
    case 3: add(.cancelIntended(child.id, at: now))
    case 4:
      add(.childAbandoned(child.id, .bookStale, at: now))
      open[place].children.removeLast()
    default: close(place)
    }
  }

  private mutating func close(_ place: Int) {
    let child = open[place].children.removeLast()
    add(
      .childClosed(
        ChildClosed(
          child: child.id, outcome: child.leaves == 0 ? .filled : .canceled, reason: .none,
          text: ShortText(), at: now)))
    ended.append(child)
    if ended.count > 40 { ended.removeFirst(20) }
  }

  private mutating func record(_ child: Child, _ quantity: Int64) {
    executionCount += 1
    add(
      .fillRecorded(
        FillRecorded(
          child: child.id, listing: ListingID(UInt16(child.venue)), side: .buy,
          executionID: text("X\(executionCount)"), quantity: Quantity(mantissa: quantity),
          price: Price(mantissa: 99_00 + Int64(random.next(below: 100))),
          fee: Amount(mantissa: Int128(random.next(below: 1 << 40))),
          feeAsset: random.chance(90) ? AssetID(0) : .unlisted, liquidity: .taker, venueTime: now,
          at: now)))
  }

  private mutating func fill() {
    guard let place = anyOpen(), let child = open[place].children.last, child.leaves > 0 else {
      return
    }
    let quantity = Int64(random.next(below: UInt64(child.leaves))) + 1
    open[place].children[open[place].children.count - 1].leaves -= quantity
    record(child, quantity)
  }

  /// Of a child that has ended, whose parent may have ended or been forgotten too.
  private mutating func lateFill() {
    guard !ended.isEmpty else { return }
    record(ended[Int(random.next(below: UInt64(ended.count)))], 1)
  }

  private mutating func closeParent() {
    guard let place = anyOpen() else { return }
    while !open[place].children.isEmpty { close(place) }
    let parent = open.remove(at: place)
    add(
      .parentClosed(
        ParentClosed(parent: parent.id, outcome: .canceled, reason: .none, at: now)))
  }

  private mutating func change() {
    guard let place = anyOpen() else { return }
    guard random.chance(60), !open[place].isCanceling else {
      open[place].isCanceling = true
      return add(.parentCancelRequested(open[place].id, at: now))
    }
    let replacement = ParentReplacement(
      parent: open[place].id, quantity: Quantity(mantissa: 2_000_000),
      limitPrice: Price(mantissa: 101_00), stopPrice: nil, effectiveLimit: Price(mantissa: 101_00),
      at: now)
    add(.parentReplaceRequested(replacement))
    if random.chance(70) { add(.parentReplaced(replacement)) }
  }

  private mutating func setting() {
    switch random.next(below: 5) {
    case 0: start()
    case 1: add(.haltChanged(isHalted: random.chance(50), at: now))
    case 2:
      add(
        .venueHaltChanged(
          VenueID(UInt8(random.next(below: 3))), isHalted: random.chance(50), reason: .clockSkew,
          at: now))
    case 3: add(.listingChanged(listing(Int(random.next(below: 3)))))
    default:
      var limits = RiskLimits.closed
      limits.maximumOpenParents = Int32(random.next(below: 100))
      add(.riskLimitsChanged(limits))
    }
  }
}
