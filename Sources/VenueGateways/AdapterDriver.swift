package import RouterCore
package import VenueAdapters
package import Wire

/// Drives one venue's adapter: stamps what comes in, and carries out in order what it answers.
///
/// It has no socket and no clock of its own; both are its transport's. Confined to one thread.
package final class AdapterDriver {
  package let venue: VenueID
  package let dialect: any VenueDialect
  package private(set) var ordersSent = 0
  package private(set) var requestsUnknown = 0
  package private(set) var links: [VenueLink: Bool] = [:]
  package private(set) var venueClock: VenueClock

  private let adapter: any VenueAdapter
  private let signer: any VenueSigner
  private let maximumClockOffsetNanoseconds: Int64
  private unowned let transport: any AdapterTransport
  private var output = AdapterOutput()
  /// The output of the round before, for its memory.
  private var spare = AdapterOutput()
  private var isCarryingOut = false
  /// What the adapter last said of order entry, whatever the clock.
  private var isOrderEntryUp = false

  package init(
    venue: VenueID, dialect: any VenueDialect, adapter: any VenueAdapter, signer: any VenueSigner,
    maximumClockOffsetMilliseconds: Int64, initialClock: VenueClock = VenueClock(),
    transport: any AdapterTransport
  ) {
    self.venue = venue
    self.dialect = dialect
    self.adapter = adapter
    self.signer = signer
    self.transport = transport
    maximumClockOffsetNanoseconds = maximumClockOffsetMilliseconds * 1_000_000
    venueClock = initialClock
  }

  package var channels: [VenueChannel] { adapter.channels }

  /// To be called once, after the channels were asked to connect.
  package func start(clock: VenueClock) {
    venueClock = clock
    if !isClockWithinBound { noteClockBound() }
    transport.wake(at: adapter.nextDeadline)
  }

  /// Carries out a command of the core that has passed its last gate.
  package func execute(_ command: VenueCommand) {
    withStamp { stamp in
      adapter.encode(command, at: stamp, signer: signer, into: &output)
    }
  }

  package func refreshBook(_ listing: ListingID) {
    withStamp { stamp in
      adapter.refreshBook(listing, at: stamp, signer: signer, into: &output)
    }
  }

  // MARK: What the transport reports

  package func opened(_ channel: VenueChannel) {
    withStamp { stamp in
      adapter.opened(channel, at: stamp, signer: signer, into: &output)
    }
  }

  package func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at time: Timestamp
  ) {
    // Nothing on a public stream is answered with a nonce; the private one may be.
    let stamp = stamp(at: time, withNonce: channel != .marketData)
    unsafe adapter.received(message, on: channel, at: stamp, signer: signer, into: &output)
    carryOut()
  }

  package func closed(_ channel: VenueChannel) {
    withStamp { stamp in
      adapter.closed(channel, at: stamp, into: &output)
    }
  }

  package func answered(_ tag: RequestTag, _ response: HTTPResponse) {
    withStamp { stamp in
      adapter.answered(tag, response, at: stamp, signer: signer, into: &output)
    }
  }

  package func failed(_ tag: RequestTag, _ failure: TransportFailure) {
    if case .unknown = failure { requestsUnknown += 1 }
    withStamp { stamp in
      adapter.failed(tag, failure, at: stamp, signer: signer, into: &output)
    }
  }

  package func timerExpired() {
    withStamp { stamp in
      adapter.timerExpired(at: stamp, signer: signer, into: &output)
    }
  }

  /// Asked right before the bytes of an order request leave; if they may, they count as sent.
  package func mayLeave(_ tag: RequestTag) -> Bool {
    let stamp = stamp(at: transport.now, withNonce: false)
    guard adapter.mayLeave(tag, at: stamp) else { return false }
    if tag.purpose == .newOrder, let child = tag.child, !transport.mayStillSend(child) {
      return false
    }
    reportSent(tag)
    return true
  }

  // MARK: Carrying out

  private func withStamp(_ body: (RequestStamp) -> Void) {
    body(stamp(at: transport.now))
    carryOut()
  }

  private func stamp(at time: Timestamp, withNonce: Bool = true) -> RequestStamp {
    RequestStamp(
      time: time,
      venueNanoseconds: transport.wallNanoseconds &+ venueClock.offsetNanoseconds,
      nonce: withNonce ? transport.nextNonce() : 0)
  }

  /// Delivers the events, then does what the adapter asked for, in order, until nothing is left.
  ///
  /// Doing something may make the adapter say more (`failed`, `sent`); that is appended to a fresh
  /// output and carried out in the next round, never in the middle of this one.
  private func carryOut() {
    guard !isCarryingOut else { return }
    isCarryingOut = true
    defer { isCarryingOut = false }
    while !output.batch.isEmpty || !output.actions.isEmpty {
      // Moved out while it is carried out, since that may call us again.
      var current = AdapterOutput(holdingNothing: ())
      swap(&current, &spare)
      swap(&current, &output)
      if !current.batch.isEmpty {
        noteLinks(in: current.batch)
        transport.received(current.batch)
        if isOrderEntryUp && !isClockWithinBound { gateOrderEntry() }
      }
      for action in current.actions { perform(action, current.prepared) }
      current.removeAll()
      swap(&current, &spare)
    }
    transport.wake(at: adapter.nextDeadline)
  }

  private func perform(_ action: AdapterOutput.Action, _ prepared: borrowing [UInt8]) {
    switch action {
    case .sendPrepared(let channel, let message, let tag):
      send(prepared, message, on: channel, tag: tag)
    case .orderPrepared(let request, let tag):
      if let child = tag.newChild { transport.noteSigned(child) }
      unsafe prepared.withUnsafeBytes { unsafe transport.sendOnce(request, in: $0, tag: tag) }
    case .send(let channel, let bytes, let tag): send(bytes, on: channel, tag: tag)
    case .order(let request, let tag):
      if let child = tag.newChild { transport.noteSigned(child) }
      transport.sendOnce(request, tag: tag)
    case .fetch(let request, let tag): transport.fetch(request, tag: tag)
    case .reconnect(let channel, let reason):
      transport.record(.warning, "reconnecting \(channel): \(reason)")
      transport.reconnect(channel)
    case .incident(let incident): transport.record(incident.severity, incident.message)
    }
  }

  private func send(_ bytes: [UInt8], on channel: VenueChannel, tag: RequestTag?) {
    if let child = tag?.newChild { transport.noteSigned(child) }
    let isSent = transport.send(bytes, on: channel)
    if let tag { noteSending(of: tag, on: channel, isSent: isSent) }
  }

  private func send(
    _ prepared: borrowing [UInt8], _ message: Range<Int>, on channel: VenueChannel,
    tag: RequestTag
  ) {
    if let child = tag.newChild { transport.noteSigned(child) }
    let isSent = unsafe prepared.withUnsafeBytes { bytes in
      unsafe transport.send(UnsafeRawBufferPointer(rebasing: bytes[message]), on: channel)
    }
    noteSending(of: tag, on: channel, isSent: isSent)
  }

  private func noteSending(of tag: RequestTag, on channel: VenueChannel, isSent: Bool) {
    if isSent {
      if let child = tag.newChild { transport.noteWritten(child) }
      reportSent(tag)
    } else {
      failed(tag, .notSent("the \(channel) socket is not open"))
    }
  }

  private func reportSent(_ tag: RequestTag) {
    if tag.purpose == .newOrder, let child = tag.child {
      ordersSent += 1
      output.append(
        .childReport(VenueExecutionReport(venue: venue, child: child, kind: .sent)))
    }
    adapter.sent(tag, at: stamp(at: transport.now), into: &output)
    carryOut()
  }

  // MARK: The venue's clock

  package func clockQuery() -> HTTPRequest {
    dialect.request(for: .serverTime, at: stamp(at: transport.now), signer: signer)
  }

  /// Takes the answer to `clockQuery`; `wallBase` is our wall clock less the monotonic one.
  package func answeredClock(
    _ response: HTTPResponse, sentAt: Int64, receivedAt: Int64, wallBase: Int64
  ) {
    let wasWithinBound = isClockWithinBound
    let answer = try? dialect.answer(to: .serverTime, from: response)
    guard case .serverTime(let venueTime)? = answer else { return }
    venueClock.record(
      sentAt: sentAt, venueTime: venueTime, receivedAt: receivedAt, wallBase: wallBase)
    if !isClockWithinBound || !wasWithinBound { noteClockBound() }
    guard wasWithinBound != isClockWithinBound else { return }
    gateOrderEntry()
    carryOut()
  }

  private var isClockWithinBound: Bool {
    abs(venueClock.offsetNanoseconds) <= maximumClockOffsetNanoseconds
  }

  private func noteClockBound() {
    let seconds = Double(venueClock.offsetNanoseconds / 1_000_000) / 1000
    if isClockWithinBound {
      transport.record(
        .notice, "clock offset is within bounds again: \(seconds) s; orders resume")
    } else {
      transport.record(
        .alarm,
        "clock is off: the venue is \(seconds) s ahead of this machine, more than"
          + " maximum_clock_offset_ms allows; no orders are sent until the clock is set")
    }
  }

  // MARK: Links

  /// Notes link changes, and holds order entry down while the clock is out of bounds.
  private func noteLinks(in batch: borrowing EventBatch) {
    for event in batch.events {
      guard case .linkChanged(_, let link, let isUp) = event else { continue }
      links[link] = isUp
      guard link == .orderEntry else { continue }
      isOrderEntryUp = isUp
    }
  }

  /// Tells the core what order entry is worth: what the adapter says, and only by a good clock.
  private func gateOrderEntry() {
    let isUp = isOrderEntryUp && isClockWithinBound
    transport.received(EventBatch(.linkChanged(venue, .orderEntry, isUp: isUp)))
    links[.orderEntry] = isUp
  }
}

extension RequestTag {
  /// The child that a request would put at the venue.
  var newChild: ChildOrderID? { purpose == .newOrder ? child : nil }
}
