internal import RouterCore

/// Takes back what `RecordBytes` has written; bytes that are no step are refused, never trusted.
extension FieldReader {
  mutating func recordedStep() throws(FactFault) -> RecordedStep {
    let at = Timestamp(nanoseconds: try integer())
    let input = try recordedInput()
    var output = RecordedStep.Output()
    if try bool() { output = try recordedOutput() }
    return RecordedStep(input, at: at, output: output)
  }

  private mutating func recordedInput() throws(FactFault) -> RecordedStep.Input {
    switch try integer(UInt8.self) {
    case 1: return .initialFact(try recordedFact())
    case 2: return .epochStarted(try integer())
    case 3: return .reconciliationBegun
    case 4: return .event(try recordedEvent())
    case 5: return .released(try recordedOrder(), mayLeave: try bool())
    case 6: return .askedAgain(try recordedChild(), mayLeave: try bool())
    case 7: return .factsSafe(try integer())
    case 8: return .turnEnded
    case 9: return .recordingEnded(try value())
    default: throw .unknownType
    }
  }

  private mutating func recordedOutput() throws(FactFault) -> RecordedStep.Output {
    var output = RecordedStep.Output()
    for _ in 0..<(try recordedCount()) { output.facts.append(try recordedFact()) }
    for _ in 0..<(try recordedCount()) {
      output.commands.append(
        RecordedStep.Waiting(value: try recordedCommand(), factCount: try recordedCount()))
    }
    for _ in 0..<(try recordedCount()) {
      output.replies.append(
        RecordedStep.Waiting(value: try recordedReply(), factCount: try recordedCount()))
    }
    for _ in 0..<(try recordedCount()) {
      output.snapshotRequests.append(try recordedListing())
    }
    return output
  }

  // MARK: Events

  private mutating func recordedEvent() throws(FactFault) -> RecordedEvent {
    switch try integer(UInt8.self) {
    case 1: return RecordedEvent(.clock, levels: [])
    case 2: return RecordedEvent(try recordedSetting(), levels: [])
    case 3: return try recordedBook()
    case 4: return RecordedEvent(.bookInvalid(try recordedListing(), try value()), levels: [])
    case 5: return RecordedEvent(.trade(try recordedTrade()), levels: [])
    case 6:
      return RecordedEvent(
        .linkChanged(try recordedVenue(), try value(), isUp: try bool()), levels: [])
    case 7: return RecordedEvent(.balanceObserved(try recordedBalance()), levels: [])
    case 8: return RecordedEvent(.childReport(try recordedReport()), levels: [])
    case 14: return RecordedEvent(.openOrderObserved(try recordedOpenOrder()), levels: [])
    case 15: return RecordedEvent(.openOrdersListed(try recordedVenue()), levels: [])
    case 16: return RecordedEvent(.marketReview, levels: [])
    case 17: return RecordedEvent(.pathLatencyMeasured(nanoseconds: try integer()), levels: [])
    case 18:
      return RecordedEvent(
        .venueBusy(try recordedVenue(), until: Timestamp(nanoseconds: try integer())), levels: [])
    case let kind: return RecordedEvent(try recordedRequest(kind), levels: [])
    }
  }

  private mutating func recordedRequest(_ kind: UInt8) throws(FactFault) -> Event {
    switch kind {
    case 9:
      guard case .parentAccepted(let accepted) = try recordedFact() else { throw .unknownType }
      return .newOrderSingle(accepted.order)
    case 10:
      return .orderCancelRequest(
        OrderCancelRequest(requestID: try integer(), parent: try recordedParent()))
    case 11:
      return .orderReplaceRequest(
        OrderReplaceRequest(
          requestID: try integer(), parent: try recordedParent(),
          quantity: try recordedOptional().map(Quantity.init(mantissa:)),
          limitPrice: try recordedOptional().map(Price.init(mantissa:)),
          stopPrice: try recordedOptional().map(Price.init(mantissa:))))
    case 12: return .haltRequested(requestID: try integer())
    case 13: return .resumeRequested(requestID: try integer())
    default: throw .unknownType
    }
  }

  private mutating func recordedSetting() throws(FactFault) -> Event {
    switch try recordedFact() {
    case .venueDefined(let venue): .venueDefined(venue)
    case .assetDefined(let asset): .assetDefined(asset)
    case .instrumentDefined(let instrument): .instrumentDefined(instrument)
    case .listingChanged(let listing): .listingChanged(listing)
    case .riskLimitsChanged(let limits): .riskLimitsChanged(limits)
    case .venueRoutingChanged(let routing): .venueRoutingChanged(routing)
    case .venueBreakerChanged(let breaker): .venueBreakerChanged(breaker)
    case .venueThrottleChanged(let throttle): .venueThrottleChanged(throttle)
    case .venueMaintenanceChanged(let windows): .venueMaintenanceChanged(windows)
    default: throw .unknownType
    }
  }

  private mutating func recordedBook() throws(FactFault) -> RecordedEvent {
    let listing = try recordedListing()
    let kind: BookUpdate.Kind = try value()
    let (bidStart, bidCount): (Int32, Int32) = (try integer(), try integer())
    let (askStart, askCount): (Int32, Int32) = (try integer(), try integer())
    let (depth, limit): (Int32, Int32) = (try integer(), try integer())
    let update = BookUpdate(
      listing: listing, kind: kind, bidStart: bidStart, bidCount: bidCount, askStart: askStart,
      askCount: askCount, subscribedDepth: depth, venueTime: Timestamp(nanoseconds: try integer()),
      receivedAt: Timestamp(nanoseconds: try integer()), snapshotLimit: limit)
    var levels: [BookLevel] = []
    for _ in 0..<(try recordedCount()) {
      levels.append(
        BookLevel(
          price: Price(mantissa: try integer()), quantity: Quantity(mantissa: try integer())))
    }
    return RecordedEvent(.book(update), levels: levels)
  }

  private mutating func recordedTrade() throws(FactFault) -> MarketTrade {
    MarketTrade(
      listing: try recordedListing(), price: Price(mantissa: try integer()),
      quantity: Quantity(mantissa: try integer()), venueTime: Timestamp(nanoseconds: try integer()),
      receivedAt: Timestamp(nanoseconds: try integer()))
  }

  private mutating func recordedBalance() throws(FactFault) -> BalanceObservation {
    BalanceObservation(
      venue: try recordedVenue(), asset: AssetID(try integer()),
      available: Amount(mantissa: try integer()), total: Amount(mantissa: try integer()),
      observedAt: Timestamp(nanoseconds: try integer()))
  }

  private mutating func recordedOpenOrder() throws(FactFault) -> OpenOrderObservation {
    OpenOrderObservation(
      venue: try recordedVenue(), child: try recordedChild(), venueOrderID: try recordedText(),
      listing: try bool() ? try recordedListing() : nil, side: try value(),
      quantity: Quantity(mantissa: try integer()), limitPrice: Price(mantissa: try integer()),
      cumulativeQuantity: Quantity(mantissa: try integer()),
      askedAt: Timestamp(nanoseconds: try integer()))
  }

  private mutating func recordedReport() throws(FactFault) -> VenueExecutionReport {
    var report = VenueExecutionReport(
      venue: try recordedVenue(), child: try recordedChild(), kind: try value())
    report.venueOrderID = try recordedText()
    report.executionID = try recordedText()
    report.lastQuantity = Quantity(mantissa: try integer())
    report.lastPrice = Price(mantissa: try integer())
    report.fee = Amount(mantissa: try integer())
    report.feeAsset = AssetID(try integer())
    report.liquidity = try value()
    report.cumulativeQuantity = try recordedOptional().map(Quantity.init(mantissa:))
    report.rejectReason = try value()
    report.text = try recordedText()
    report.venueTime = Timestamp(nanoseconds: try integer())
    report.queriedAt = Timestamp(nanoseconds: try integer())
    return report
  }

  // MARK: Commands and replies

  private mutating func recordedCommand() throws(FactFault) -> VenueCommand {
    switch try integer(UInt8.self) {
    case 1: return .newOrder(try recordedOrder())
    case 2: return .cancel(try recordedReference())
    case 3: return .query(try recordedReference())
    case 4: return .refreshBalances(try recordedVenue())
    case 5: return .listOpenOrders(try recordedVenue())
    default: throw .unknownType
    }
  }

  private mutating func recordedReference() throws(FactFault) -> ChildReference {
    ChildReference(
      id: try recordedChild(), venue: try recordedVenue(), listing: try recordedListing(),
      venueOrderID: try recordedText(), sentAt: Timestamp(nanoseconds: try integer()),
      timeInForce: try value())
  }

  private mutating func recordedReply() throws(FactFault) -> ClientReply {
    let kind: UInt8 = try integer()
    let id: UInt64 = try integer()
    switch kind {
    case 1: return .accepted(requestID: id, parent: try recordedParent())
    case 2: return .repeated(requestID: id, parent: try recordedParent())
    case 3: return .cancelAccepted(requestID: id, parent: try recordedParent())
    case 4: return .replaceAccepted(requestID: id, parent: try recordedParent())
    case 5: return .refused(requestID: id, reason: try value())
    case 6: return .done(requestID: id)
    default: throw .unknownType
    }
  }

  // MARK: What the journal writes, too

  private mutating func recordedFact() throws(FactFault) -> Fact {
    let type: UInt8 = try integer()
    let version: UInt8 = try integer()
    let count = try recordedCount()
    let payload = unsafe try take(count)
    return try unsafe FactCodec.decode(type: type, version: version, payload)
  }

  private mutating func recordedOrder() throws(FactFault) -> NewChildOrder {
    guard case .childIntended(let intended) = try recordedFact() else { throw .unknownType }
    return intended.order
  }

  // MARK: Fields

  private mutating func recordedCount() throws(FactFault) -> Int { Int(try integer(UInt32.self)) }
  private mutating func recordedVenue() throws(FactFault) -> VenueID { VenueID(try integer()) }

  private mutating func recordedListing() throws(FactFault) -> ListingID {
    ListingID(try integer())
  }

  private mutating func recordedParent() throws(FactFault) -> ParentOrderID {
    let number: UInt64 = try integer()
    guard number < 1 << 48 else { throw .outOfRange }
    return ParentOrderID(number)
  }

  private mutating func recordedChild() throws(FactFault) -> ChildOrderID {
    let low: UInt64 = try integer()
    let high: UInt64 = try integer()
    guard let id = ChildOrderID(bits: UInt128(high) << 64 | UInt128(low)) else {
      throw .outOfRange
    }
    return id
  }

  private mutating func recordedText() throws(FactFault) -> ShortText {
    let count = Int(try integer(UInt8.self))
    let bytes = try unsafe Array(take(count))
    guard let text = ShortText(bytes) else { throw .outOfRange }
    return text
  }

  private mutating func recordedOptional() throws(FactFault) -> Int64? {
    try bool() ? try integer() : nil
  }
}
