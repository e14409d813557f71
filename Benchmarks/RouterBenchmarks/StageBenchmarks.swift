import CAllocationCounter
import RouterCore
import RouterService

/// What stamping costs the core's thread: one tick, and all steps of one order.
enum StageBenchmarks {
  private static let orders = 4096

  static func run(_ benchmarker: inout Benchmarker) {
    tick(&benchmarker)
    order(&benchmarker)
    benchmarker.measure("stages/clock", calls: 20_000, batch: 100) { _ in
      var sum: UInt64 = 0
      for _ in 0..<100 { sum &+= UInt64(truncatingIfNeeded: clock()) }
      return sum
    }
  }

  private static func clock() -> Int64 { Int64(benchmark_clock_nanoseconds()) }

  /// The calls for one frame with one change of a book, its venue's time included.
  private static func tick(_ benchmarker: inout Benchmarker) {
    let tracker = StageTracker(childCapacity: 1024, parentCapacity: 1024, clock: clock)
    tracker.attach(VenueID(0))
    let start = clock()
    let update = BookUpdate(
      listing: ListingID(0), kind: .delta, bidStart: 0, bidCount: 0, askStart: 0, askCount: 0,
      subscribedDepth: 0, venueTime: Timestamp(nanoseconds: start),
      receivedAt: Timestamp(nanoseconds: start))
    let batch = EventBatch(.book(update))
    benchmarker.measure("stages/tick", calls: 50_000, batch: 20) { _ in
      for _ in 0..<20 {
        let now = Timestamp(nanoseconds: clock())
        tracker.reading(at: now)
        tracker.decoded(at: now)
        tracker.applied(batch, from: VenueID(0))
        tracker.reading(at: nil)
        tracker.turnEnded()
      }
      return 1
    }
  }

  /// The calls for one order of one child, from the request to its fill.
  private static func order(_ benchmarker: inout Benchmarker) {
    let tracker = StageTracker(childCapacity: 1024, parentCapacity: 1024, clock: clock)
    tracker.attach(VenueID(0))
    let samples = (0..<orders).map { StageSample(UInt64($0 + 1)) }
    benchmarker.measure("stages/order", calls: 20_000) { call in
      let sample = samples[call % orders]
      let now = Timestamp(nanoseconds: clock())
      tracker.taken(requestReadAt: now.nanoseconds, at: now)
      tracker.decided(sample.made, from: 0, by: sample.event, at: now) { _ in nil }
      tracker.releasing(at: now)
      tracker.released(sample.child)
      tracker.signed(sample.child)
      tracker.written(sample.child)
      tracker.reading(at: Timestamp(nanoseconds: clock()))
      tracker.decided(sample.answered, from: 0, by: .clock, at: now) { _ in nil }
      tracker.decided(sample.ended, from: 0, by: .clock, at: now) { _ in nil }
      tracker.reading(at: nil)
      tracker.turnEnded()
      return 1
    }
  }
}

/// The facts of one order with one child.
private struct StageSample {
  let child: ChildOrderID
  let event: Event
  let made: [Fact]
  let answered: [Fact]
  let ended: [Fact]

  init(_ number: UInt64) {
    let parent = ParentOrderID(number)
    child = ChildOrderID(instance: 1, epoch: 1, parent: parent, child: 1)
    let time = Timestamp(nanoseconds: 1)
    let (one, price) = (Quantity(mantissa: 1), Price(mantissa: 1))
    let request = NewOrderSingle(
      requestID: number, clientOrderID: ShortText(truncating: "c\(number)"), requestDigest: 1,
      instrument: InstrumentID(0), side: .buy, type: .limit, timeInForce: .immediateOrCancel,
      quantity: one, limitPrice: price, stopPrice: nil, deadline: .distantFuture,
      maximumChildren: 1)
    event = .newOrderSingle(request)
    let order = NewChildOrder(
      id: child, venue: VenueID(0), listing: ListingID(0), side: .buy, limitPrice: price,
      quantity: one, timeInForce: .immediateOrCancel)
    made = [
      .parentAccepted(
        ParentAccepted(
          id: parent, order: request, effectiveLimit: price, arrivalBid: price,
          arrivalAsk: price, at: time)),
      .childIntended(ChildIntended(order: order, wave: 1, reserved: .zero, at: time)),
    ]
    answered = [.childAcknowledged(child, venueOrderID: ShortText(), at: time)]
    ended = [
      .fillRecorded(
        FillRecorded(
          child: child, listing: ListingID(0), side: .buy, executionID: ShortText(),
          quantity: one, price: price, fee: .zero, feeAsset: AssetID(0), liquidity: .taker,
          venueTime: time, at: time)),
      .childClosed(
        ChildClosed(child: child, outcome: .filled, reason: .none, text: ShortText(), at: time)),
      .parentClosed(
        ParentClosed(parent: parent, outcome: .filled, reason: .none, at: time)),
    ]
  }
}
