internal import Platform
internal import RouterCore
internal import VenueGateways

/// Tiny orders far from the touch, measured to their acknowledgement and cancelled at once.
///
/// Post-only at nine tenths of the best bid, so that none can trade while the market is anywhere
/// near where it was. Confined to its loop.
final class RestingOrderProbe {
  private struct Working {
    var startedAt: Int64
    var completion: OpenLoopProbe.Completion?
    var cancelStartedAt: Int64?
    var nextCancelAt: Int64 = .max
    var cancels = 0
    var reference: ChildReference
  }

  /// No start of the service has this epoch: should an order be left, the service cancels it as an
  /// order of ours that its journal does not know.
  private static let epoch: UInt32 = 0xff_ffff

  private static let firstRetryNanoseconds: Int64 = 2_000_000_000

  private let instance: UInt32
  private let listing: Listing
  private unowned let gateway: VenueGateway
  private let clock: CoreClock
  private let firstParent: UInt64
  private var count: UInt64 = 0
  private var working: [ChildOrderID: Working] = [:]
  private(set) var filled = 0
  /// A cancel was not confirmed at once: no further orders until all are gone.
  private var isTroubled = false
  /// Takes each cancel that was confirmed: when it was asked for and when it was known.
  var onCanceled: ((_ started: Int64, _ finished: Int64) -> Void)?

  init(instance: UInt32, listing: Listing, gateway: VenueGateway, clock: CoreClock) {
    self.instance = instance
    self.listing = listing
    self.gateway = gateway
    self.clock = clock
    // A number has 40 bits.
    firstParent = UInt64(clamping: clock.now.nanoseconds / 1_000_000) % (1 << 39)
  }

  /// Orders that may still rest at the venue.
  var open: [String] { working.keys.map { $0.short.string }.sorted() }

  func send(bestBid: Price, _ completion: @escaping OpenLoopProbe.Completion) {
    guard !isTroubled else {
      return completion(.limited("the venue does not take cancels as fast as orders"))
    }
    guard let (price, quantity) = Self.terms(listing, bestBid: bestBid) else {
      return completion(.failed("no order of this size fits the venue's increments"))
    }
    count += 1
    let id = ChildOrderID(
      instance: instance, epoch: Self.epoch, parent: ParentOrderID(firstParent + count), child: 1)
    let order = NewChildOrder(
      id: id, venue: listing.venue, listing: listing.id, side: .buy, limitPrice: price,
      quantity: quantity, timeInForce: .goodTillCancel, isPostOnly: true)
    working[id] = Working(
      startedAt: Clock.monotonicNanoseconds(), completion: completion,
      reference: ChildReference(
        id: id, venue: listing.venue, listing: listing.id, venueOrderID: ShortText(),
        sentAt: clock.now))
    gateway.execute(.newOrder(order))
  }

  func received(_ report: VenueExecutionReport, at now: Int64) {
    guard var entry = working[report.child] else { return }
    if !report.venueOrderID.isEmpty { entry.reference.venueOrderID = report.venueOrderID }
    working[report.child] = entry
    switch report.kind {
    case .acknowledged, .stillOpen: acknowledged(report.child, at: now)
    case .canceled, .expired, .cancelRejected, .notFound: ended(report.child, at: now)
    case .rejected, .notSent:
      working[report.child] = nil
      entry.completion?(refusal(report))
    case .outcomeUnknown: doubted(report.child, at: now)
    case .fill: filled += 1
    case .filled: ended(report.child, at: now)
    case .sent, .queryFailed: break
    }
  }

  /// Asks again for the end of what was not confirmed in time; to be called now and then.
  func retryCancels(at now: Int64) {
    for (id, entry) in working where entry.nextCancelAt <= now {
      isTroubled = true
      cancel(id)
    }
  }

  /// Ends everything that may still rest; answers no longer count.
  func cancelAll() {
    for id in working.keys {
      working[id]?.completion = nil
      if working[id]?.cancelStartedAt == nil { cancel(id) }
    }
  }

  /// The least the venue takes, with a tenth to spare, at nine tenths of the bid.
  static func terms(_ listing: Listing, bestBid: Price) -> (Price, Quantity)? {
    let tick = listing.priceIncrement.mantissa
    let price = (bestBid.mantissa - bestBid.mantissa / 10) / tick * tick
    guard price > 0 else { return nil }
    let lot = Int128(listing.quantityIncrement.mantissa)
    let byNotional = listing.minimumNotional.mantissa / Int128(price)
    let least = max(Int128(listing.minimumQuantity.mantissa), byNotional + byNotional / 10 + lot)
    let lots = (least + lot - 1) / lot
    guard let quantity = Int64(exactly: lots * lot),
      quantity <= listing.maximumQuantity.mantissa
    else { return nil }
    return (Price(mantissa: price), Quantity(mantissa: quantity))
  }

  private func acknowledged(_ id: ChildOrderID, at now: Int64) {
    guard let entry = working[id] else { return }
    complete(id, .answered(started: entry.startedAt, finished: now))
    if entry.cancelStartedAt == nil { cancel(id) }
  }

  /// The order, or its cancel, may or may not have arrived: it is ended, without haste.
  private func doubted(_ id: ChildOrderID, at now: Int64) {
    complete(id, .unanswered)
    guard let entry = working[id] else { return }
    if entry.cancelStartedAt == nil { working[id]?.cancelStartedAt = now }
    working[id]?.nextCancelAt = min(entry.nextCancelAt, now + Self.firstRetryNanoseconds)
  }

  private func ended(_ id: ChildOrderID, at now: Int64) {
    guard let entry = working.removeValue(forKey: id) else { return }
    // The end may overtake the acknowledgement on another socket.
    entry.completion?(.answered(started: entry.startedAt, finished: now))
    if let started = entry.cancelStartedAt { onCanceled?(started, now) }
  }

  private func complete(_ id: ChildOrderID, _ outcome: ProbeOutcome) {
    let completion = working[id]?.completion
    working[id]?.completion = nil
    completion?(outcome)
  }

  private func cancel(_ id: ChildOrderID) {
    guard let entry = working[id] else { return }
    let now = Clock.monotonicNanoseconds()
    working[id]?.cancelStartedAt = entry.cancelStartedAt ?? now
    working[id]?.cancels += 1
    working[id]?.nextCancelAt = now + Self.firstRetryNanoseconds << Int64(min(entry.cancels, 3))
    gateway.execute(.cancel(entry.reference))
  }

  private func refusal(_ report: VenueExecutionReport) -> ProbeOutcome {
    let words = report.text.isEmpty ? "\(report.rejectReason)" : report.text.string
    return report.rejectReason == .rateLimited
      ? .limited("order refused: \(words)") : .failed("order refused: \(words)")
  }
}
