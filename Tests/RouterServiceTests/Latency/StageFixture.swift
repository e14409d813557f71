import ClientGateways
import RouterCore

@testable import RouterService

/// A tracker whose clock stands where the test sets it.
final class StageFixture {
  final class Hands {
    var now: Int64 = 1_000_000
  }

  let hands = Hands()
  let tracker: StageTracker
  let venue = VenueID(0)

  init(childCapacity: Int = 64, parentCapacity: Int = 64) {
    tracker = StageTracker(
      childCapacity: childCapacity, parentCapacity: parentCapacity
    ) { [hands] in hands.now }
    tracker.attach(VenueID(0))
    tracker.attach(VenueID(1))
  }

  var now: Timestamp { Timestamp(nanoseconds: hands.now) }

  func pass(_ nanoseconds: Int64) { hands.now += nanoseconds }

  func child(_ parent: UInt64, _ number: UInt16 = 1, epoch: UInt32 = 1) -> ChildOrderID {
    ChildOrderID(instance: 1, epoch: epoch, parent: ParentOrderID(parent), child: number)
  }

  func order(_ id: ChildOrderID, venue: UInt8 = 0, listing: UInt16 = 0) -> NewChildOrder {
    NewChildOrder(
      id: id, venue: VenueID(venue), listing: ListingID(listing), side: .buy,
      limitPrice: Price(mantissa: 100), quantity: Quantity(mantissa: 1),
      timeInForce: .immediateOrCancel)
  }

  // MARK: Facts

  func accepted(_ parent: UInt64, deadline: Timestamp = .distantFuture) -> Fact {
    let order = NewOrderSingle(
      requestID: 1, clientOrderID: ShortText(truncating: "c\(parent)"), requestDigest: 1,
      instrument: InstrumentID(0), side: .buy, type: .limit, timeInForce: .goodTillCancel,
      quantity: Quantity(mantissa: 1), limitPrice: Price(mantissa: 100), stopPrice: nil,
      deadline: deadline, maximumChildren: 8)
    return .parentAccepted(
      ParentAccepted(
        id: ParentOrderID(parent), order: order, effectiveLimit: Price(mantissa: 100),
        arrivalBid: .zero, arrivalAsk: .zero, at: now))
  }

  func intended(_ order: NewChildOrder) -> Fact {
    .childIntended(ChildIntended(order: order, wave: 0, reserved: .zero, at: now))
  }

  func fill(_ child: ChildOrderID) -> Fact {
    .fillRecorded(
      FillRecorded(
        child: child, listing: ListingID(0), side: .buy, executionID: ShortText(truncating: "e"),
        quantity: Quantity(mantissa: 1), price: Price(mantissa: 100), fee: .zero,
        feeAsset: AssetID(1), liquidity: .taker, venueTime: now, at: now))
  }

  func closed(_ child: ChildOrderID, _ outcome: ChildClosed.Outcome = .filled) -> Fact {
    .childClosed(
      ChildClosed(child: child, outcome: outcome, reason: .none, text: ShortText(), at: now))
  }

  func closed(parent: UInt64) -> Fact {
    .parentClosed(
      ParentClosed(
        parent: ParentOrderID(parent), outcome: .expired, reason: .deadlinePassed, at: now))
  }

  // MARK: Steps

  /// Gives the tracker what the core answered to an event that began `deciding` earlier.
  func decide(_ facts: [Fact], by event: Event = .clock, deciding nanoseconds: Int64 = 0) {
    let start = now
    pass(nanoseconds)
    tracker.decided(facts, from: 0, by: event, at: start) { listing in
      InstrumentID(listing.rawValue % 2)
    }
  }

  /// A request makes parent and child; each of the steps takes so long.
  func request(
    _ child: ChildOrderID, deadline: Timestamp = .distantFuture, steps: [Int64] = [100, 200]
  ) {
    let readAt = hands.now
    pass(steps[0])
    tracker.taken(requestReadAt: readAt, at: now)
    decide(
      [accepted(child.parent.rawValue, deadline: deadline), intended(order(child))],
      by: Self.newOrder, deciding: steps[1])
  }

  /// Takes a child from its plan to the socket.
  func send(_ child: ChildOrderID, steps: [Int64] = [10, 20, 30, 40]) {
    pass(steps[0])
    tracker.releasing(at: now)
    pass(steps[1])
    tracker.released(child)
    pass(steps[2])
    tracker.signed(child)
    pass(steps[3])
    tracker.written(child)
  }

  /// A frame with one change of a listing's book; each of its steps takes so long.
  func frame(
    listing: UInt16 = 0, venueTime: Int64? = nil, steps: [Int64] = [5, 7], applies: Bool = true
  ) {
    tracker.reading(at: now)
    pass(steps[0])
    tracker.decoded(at: now)
    pass(steps[1])
    let time = venueTime.map { Timestamp(nanoseconds: $0) } ?? .distantPast
    let update = BookUpdate(
      listing: ListingID(listing), kind: .delta, bidStart: 0, bidCount: 0, askStart: 0,
      askCount: 0, subscribedDepth: 0, venueTime: time, receivedAt: now)
    if applies { tracker.applied(EventBatch(.book(update)), from: venue) }
    tracker.reading(at: nil)
  }

  static let newOrder = Event.newOrderSingle(
    NewOrderSingle(
      requestID: 1, clientOrderID: ShortText(truncating: "c"), requestDigest: 1,
      instrument: InstrumentID(0), side: .buy, type: .limit, timeInForce: .goodTillCancel,
      quantity: Quantity(mantissa: 1), limitPrice: Price(mantissa: 100), stopPrice: nil,
      deadline: .distantFuture, maximumChildren: 8))

  /// Something that a venue's report makes the core say, read so long before.
  func report(_ facts: [Fact]) {
    tracker.reading(at: now)
    tracker.decided(facts, from: 0, by: .clock, at: now) { _ in nil }
    tracker.reading(at: nil)
  }

  // MARK: Reading

  func stages(_ parent: UInt64) -> [ChildStages] {
    tracker.stages(of: ParentOrderID(parent))?.children ?? []
  }

  /// What the children of a parent took for each stage, by name.
  func durations(_ parent: UInt64) -> [String: Int64] {
    var durations: [String: Int64] = [:]
    for child in stages(parent) {
      for stamp in ParentStagesView.Child(child).stamps {
        if let stage = stamp.stage, let nanoseconds = stamp.nanoseconds {
          durations[stage, default: 0] += nanoseconds
        }
      }
    }
    return durations
  }

  func count(_ stage: Stage) -> Int64 {
    let set = tracker.swap(for: StageHistograms())
    defer { _ = tracker.swap(for: set) }
    return set.histogram(stage, venue: 0).totalCount
  }
}
