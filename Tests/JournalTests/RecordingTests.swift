import Foundation
import Platform
import RouterCore
import Testing

@testable import Journal

final class RecordingTests {
  private let path =
    FileManager.default.temporaryDirectory
    .appendingPathComponent("sluice-recording-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static let child = ChildOrderID(
    instance: 5, epoch: 3, parent: ParentOrderID(9), child: 2)
  private static let childOrder = NewChildOrder(
    id: child, venue: VenueID(1), listing: ListingID(4), side: .sell,
    limitPrice: Price(mantissa: 77), quantity: Quantity(mantissa: 88), timeInForce: .fillOrKill,
    isPostOnly: false)

  private static func text(_ text: String) -> ShortText { ShortText(truncating: text) }

  private static let order: NewOrderSingle = {
    var routing = RoutingOptions()
    routing.strategy = .proRata
    routing.residual = .hold
    routing.overRouting = 12
    return NewOrderSingle(
      requestID: 7, clientOrderID: text("mine"), requestDigest: 99, instrument: InstrumentID(2),
      side: .sell, type: .stopLimit, timeInForce: .goodTillDate, quantity: Quantity(mantissa: 5),
      limitPrice: Price(mantissa: 6), stopPrice: Price(mantissa: 7),
      deadline: Timestamp(nanoseconds: 8), maximumChildren: 9, routing: routing, trigger: .last,
      isPostOnly: true, allowsSplit: true)
  }()

  private static let report: VenueExecutionReport = {
    var report = VenueExecutionReport(venue: VenueID(1), child: child, kind: .fill)
    report.venueOrderID = text("V1")
    report.executionID = text("E1")
    report.lastQuantity = Quantity(mantissa: 3)
    report.lastPrice = Price(mantissa: 4)
    report.fee = Amount(mantissa: -5)
    report.feeAsset = AssetID(6)
    report.liquidity = .maker
    report.cumulativeQuantity = Quantity(mantissa: 7)
    report.rejectReason = .venueRule
    report.text = text("words")
    report.venueTime = Timestamp(nanoseconds: 8)
    report.queriedAt = Timestamp(nanoseconds: 9)
    return report
  }()

  private static func book(_ kind: BookUpdate.Kind) -> RecordedEvent {
    let levels = (0..<6).map {
      BookLevel(price: Price(mantissa: 100 + $0), quantity: Quantity(mantissa: $0))
    }
    let update = BookUpdate(
      listing: ListingID(3), kind: kind, bidStart: 4, bidCount: 2, askStart: 1, askCount: 1,
      subscribedDepth: 10, venueTime: Timestamp(nanoseconds: 1),
      receivedAt: Timestamp(nanoseconds: 2), snapshotLimit: 11)
    return RecordedEvent(.book(update), levels: levels)
  }

  private static func openOrder(of listing: ListingID?) -> RecordedEvent {
    RecordedEvent(
      .openOrderObserved(
        OpenOrderObservation(
          venue: VenueID(1), child: child, venueOrderID: text("V"), listing: listing, side: .sell,
          quantity: Quantity(mantissa: 4), limitPrice: Price(mantissa: 5),
          cumulativeQuantity: Quantity(mantissa: 6), askedAt: Timestamp(nanoseconds: 7))),
      levels: [])
  }

  /// Each kind of event, with fields that all differ.
  private static let events: [RecordedEvent] = [
    RecordedEvent(.clock, levels: []), RecordedEvent(.marketReview, levels: []), book(.snapshot),
    book(.delta),
    RecordedEvent(.bookInvalid(ListingID(3), .sequenceGap), levels: []),
    RecordedEvent(
      .trade(
        MarketTrade(
          listing: ListingID(3), price: Price(mantissa: 4), quantity: Quantity(mantissa: 5),
          venueTime: Timestamp(nanoseconds: 6), receivedAt: Timestamp(nanoseconds: 7))),
      levels: []),
    RecordedEvent(.linkChanged(VenueID(2), .dropCopy, isUp: true), levels: []),
    RecordedEvent(
      .balanceObserved(
        BalanceObservation(
          venue: VenueID(1), asset: AssetID(2), available: Amount(mantissa: -3),
          total: Amount(mantissa: 4), observedAt: Timestamp(nanoseconds: 5))), levels: []),
    RecordedEvent(.childReport(report), levels: []),
    openOrder(of: ListingID(2)), openOrder(of: nil),
    RecordedEvent(.openOrdersListed(VenueID(3)), levels: []),
    RecordedEvent(.newOrderSingle(order), levels: []),
    RecordedEvent(
      .orderCancelRequest(OrderCancelRequest(requestID: 1, parent: ParentOrderID(2))), levels: []),
    RecordedEvent(
      .orderReplaceRequest(
        OrderReplaceRequest(
          requestID: 1, parent: ParentOrderID(2), quantity: Quantity(mantissa: 3),
          stopPrice: Price(mantissa: 4))), levels: []),
    RecordedEvent(.haltRequested(requestID: 5), levels: []),
    RecordedEvent(.resumeRequested(requestID: 6), levels: []),
    RecordedEvent(
      .venueDefined(
        VenueDefinition(
          id: VenueID(1), name: text("v"), absenceProofMilliseconds: 2, holdsFee: true)),
      levels: []),
    RecordedEvent(.assetDefined(AssetDefinition(id: AssetID(1), name: text("BTC"))), levels: []),
    RecordedEvent(.venueRoutingChanged(VenueRouting(venue: VenueID(2))), levels: []),
    RecordedEvent(.venueBreakerChanged(VenueBreakerSettings(venue: VenueID(2))), levels: []),
    RecordedEvent(
      .venueThrottleChanged(
        VenueThrottle(venue: VenueID(2), intervalNanoseconds: 3, burst: 4)), levels: []),
    RecordedEvent(.venueMaintenanceChanged(SampleFacts.maintenance), levels: []),
    RecordedEvent(.pathLatencyMeasured(nanoseconds: 5), levels: []),
    RecordedEvent(.venueBusy(VenueID(2), until: Timestamp(nanoseconds: 6)), levels: []),
  ]

  /// Every part that a core decides by differs from its default.
  private static let configuration: CoreConfiguration = {
    var configuration = CoreConfiguration.small(instance: 5)
    configuration.adoptsOrphans = true
    configuration.clientOrderIDRetentionMilliseconds = 12_345
    return configuration
  }()

  private static let output: RecordedStep.Output = {
    var outbox = Outbox()
    outbox.append(.haltRequested)
    let mark = RecordedStep.Output.Mark(outbox)
    let reference = ChildReference(
      id: child, venue: VenueID(1), listing: ListingID(2), venueOrderID: text("V"),
      sentAt: Timestamp(nanoseconds: 3), timeInForce: .immediateOrCancel)
    outbox.append(Fact.childSent(child, at: Timestamp(nanoseconds: 4)))
    for command in [
      VenueCommand.newOrder(childOrder), .cancel(reference), .query(reference),
      .refreshBalances(VenueID(1)), .listOpenOrders(VenueID(2)),
    ] {
      outbox.append(command)
    }
    outbox.append(Fact.childUnknown(child, at: Timestamp(nanoseconds: 5)))
    for reply in [
      ClientReply.accepted(requestID: 1, parent: ParentOrderID(2)),
      .repeated(requestID: 1, parent: ParentOrderID(2)),
      .cancelAccepted(requestID: 1, parent: ParentOrderID(2)),
      .replaceAccepted(requestID: 1, parent: ParentOrderID(2)),
      .refused(requestID: 1, reason: .noMarket), .done(requestID: 3),
    ] {
      outbox.append(reply)
    }
    outbox.snapshotRequests = [ListingID(7)]
    return RecordedStep.Output(outbox, since: mark)
  }()

  private static let steps: [RecordedStep] = {
    let inputs: [RecordedStep.Input] =
      [
        .initialFact(.haltChanged(isHalted: true, at: Timestamp(nanoseconds: 1))),
        .epochStarted(3), .reconciliationBegun, .released(childOrder, mayLeave: true),
        .askedAgain(child, mayLeave: false), .factsSafe(.max), .turnEnded,
      ] + events.map(RecordedStep.Input.event) + [.recordingEnded(.overrun)]
    return inputs.enumerated().map { index, input in
      RecordedStep(
        input, at: Timestamp(nanoseconds: Int64(index)),
        output: index % 2 == 0 ? output : RecordedStep.Output())
    }
  }()

  private func write(_ steps: [RecordedStep]) throws {
    let writer = try RecordingWriter(path: path, configuration: Self.configuration)
    for step in steps { writer.append(step) }
    try writer.flush()
  }

  private func read() throws -> [RecordedStep] {
    var reader = try RecordingReader(path: path)
    var steps: [RecordedStep] = []
    while let step = try reader.next() { steps.append(step) }
    return steps
  }

  @Test func `every kind of step reads as it was written`() throws {
    try write(Self.steps)
    #expect(try RecordingReader(path: path).configuration == Self.configuration)
    let steps = try read()
    #expect(steps.count == Self.steps.count)
    for (read, written) in zip(steps, Self.steps) { #expect(read == written) }
  }

  @Test func `an output counts the facts of its own step only`() {
    #expect(Self.output.facts.count == 2)
    #expect(Self.output.commands.map(\.factCount) == [1, 1, 1, 1, 1])
    #expect(Self.output.replies.allSatisfy { $0.factCount == 2 })
  }

  @Test func `a book's levels are cut out of their batch`() throws {
    guard case .book(let update) = Self.book(.delta).event else { throw Unexpected() }
    #expect(update.bidStart == 0 && update.bidCount == 2)
    #expect(update.askStart == 2 && update.askCount == 1)
    #expect(Self.book(.delta).levels.map(\.price.mantissa) == [104, 105, 101])
  }

  @Test func `a file that was cut gives the steps before the cut`() throws {
    try write(Self.steps)
    let bytes = try FileSystem.readFile(path)
    for cut in stride(from: 1, to: bytes.count, by: 97) {
      try FileSystem.writeFileAtomically(path, Array(bytes.dropLast(cut)))
      if bytes.count - cut < RecordingFile.headerByteCount {
        #expect(throws: RecordingError.self) { try read() }
      } else {
        let steps = try read()
        #expect(steps == Array(Self.steps.prefix(steps.count)) && steps.count < Self.steps.count)
      }
    }
  }

  @Test func `a byte that changed is found`() throws {
    try write(Self.steps)
    let bytes = try FileSystem.readFile(path)
    for place in stride(from: 0, to: bytes.count, by: 61) {
      var changed = bytes
      changed[place] ^= 0x40
      try FileSystem.writeFileAtomically(path, changed)
      let steps = (try? read()) ?? []
      #expect(steps.count < Self.steps.count, "byte \(place)")
    }
  }

  @Test func `bytes that are no recording are refused in words`() throws {
    for bytes in [[], Array("{}".utf8), Array(repeating: UInt8(0xFF), count: 500)] {
      try FileSystem.writeFileAtomically(path, bytes)
      #expect(throws: RecordingError.self) { try read() }
    }
  }

  private struct Unexpected: Error {}
}

extension Fact {
  fileprivate static let haltRequested = Fact.haltChanged(
    isHalted: true, at: Timestamp(nanoseconds: 1))
}
