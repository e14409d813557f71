package import Platform
package import RouterCore
package import VenueAdapters
package import Wire

/// Who takes a gateway's events: the core thread.
package protocol VenueGatewayDelegate: AnyObject {
  /// Events in order, with the levels of their book updates; valid during the call only.
  func gateway(_ gateway: VenueGateway, received batch: borrowing EventBatch)
  /// Asked right before the bytes of a new order that has waited for a connection.
  func gateway(_ gateway: VenueGateway, mayStillSend child: ChildOrderID) -> Bool
}

/// One venue's sockets, requests and timers; written once for all venues.
///
/// The adapter says what to send and what it means; this type carries it out. It is confined to
/// the thread of its event loop, so that bytes become events and commands become bytes without a
/// hand-over.
package final class VenueGateway {
  package let venue: VenueID
  package let settings: GatewaySettings
  package let dialect: any VenueDialect
  package weak var delegate: (any VenueGatewayDelegate)?
  package private(set) var status: GatewayStatus

  let loop: EventLoop
  let connector: Connector
  let curl: CurlClient
  let clock: CoreClock
  let signer: AccountSigner
  private let nonces: NonceSource
  private let adapter: any VenueAdapter
  private let tls: TLSContext?
  private var channels: [ChannelConnection] = []
  private var orders: OrderHTTPClient?
  private var output = AdapterOutput()
  private var isCarryingOut = false
  private var venueClock = VenueClock()
  private var timer: TimerID?
  private var clockTimer: TimerID?
  private var isStopped = false
  /// What the adapter last said of order entry, whatever the clock.
  private var isOrderEntryUp = false

  package init(
    venue: VenueID, settings: GatewaySettings, dialect: any VenueDialect,
    adapter: any VenueAdapter, signer: AccountSigner, nonces: NonceSource, loop: EventLoop,
    connector: Connector, curl: CurlClient, clock: CoreClock
  ) throws(PlatformError) {
    self.venue = venue
    self.settings = settings
    self.dialect = dialect
    self.adapter = adapter
    self.signer = signer
    self.nonces = nonces
    self.loop = loop
    self.connector = connector
    self.curl = curl
    self.clock = clock
    status = GatewayStatus(venue: venue, name: settings.name, dialect: dialect.name)
    let needsTLS =
      settings.rest.isSecure || settings.marketStream.isSecure || settings.privateStream.isSecure
    tls = needsTLS ? try TLSContext.client(caFile: settings.certificateAuthority) : nil
  }

  /// Connects everything and keeps it connected until `stop`.
  package func start(initialOffset: VenueClock) {
    venueClock = initialOffset
    noteClock()
    let endpoint = Endpoint(
      host: settings.rest.host, port: settings.rest.port,
      tls: settings.rest.isSecure ? tls : nil, proxy: settings.proxy)
    let client = OrderHTTPClient(
      loop: loop, connector: connector, endpoint: endpoint, lanes: settings.orderLanes,
      options: OrderHTTPOptions())
    client.warm()
    orders = client
    for channel in adapter.channels {
      let connection = ChannelConnection(channel, gateway: self, tls: tls)
      channels.append(connection)
      connection.connect()
    }
    scheduleClockReading()
    scheduleTimer()
  }

  package func stop() {
    isStopped = true
    if let timer { loop.cancel(timer) }
    if let clockTimer { loop.cancel(clockTimer) }
    for channel in channels { channel.stop() }
    orders?.close()
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

  // MARK: What sockets and requests report

  func opened(_ channel: VenueChannel) {
    withStamp { stamp in
      adapter.opened(channel, at: stamp, signer: signer, into: &output)
    }
  }

  func received(_ message: UnsafeRawBufferPointer, on channel: VenueChannel, at time: Timestamp) {
    // Nothing on a public stream is answered with a nonce; the private one may be.
    let stamp = stamp(at: time, withNonce: channel != .marketData)
    unsafe adapter.received(message, on: channel, at: stamp, signer: signer, into: &output)
    carryOut()
  }

  func closed(_ channel: VenueChannel) {
    withStamp { stamp in
      adapter.closed(channel, at: stamp, into: &output)
    }
  }

  func answered(_ tag: RequestTag, _ response: HTTPResponse) {
    withStamp { stamp in
      adapter.answered(tag, response, at: stamp, signer: signer, into: &output)
    }
  }

  func failed(_ tag: RequestTag, _ failure: TransportFailure) {
    if case .unknown = failure { status.requestsUnknown += 1 }
    withStamp { stamp in
      adapter.failed(tag, failure, at: stamp, signer: signer, into: &output)
    }
  }

  func record(_ severity: AdapterOutput.Incident.Severity, _ message: String) {
    status.incidents.insert(
      GatewayStatus.Incident(at: clock.now, severity: "\(severity)", message: message), at: 0)
    if status.incidents.count > 50 { status.incidents.removeLast() }
    let fields: KeyValuePairs = ["venue": settings.name, "message": message]
    switch severity {
    case .notice: Log.info("venue", "notice", fields)
    case .warning: Log.warning("venue", "incident", fields)
    case .alarm: Log.error("venue", "alarm", fields)
    }
  }

  // MARK: Carrying out

  private func withStamp(_ body: (RequestStamp) -> Void) {
    body(stamp(at: clock.now))
    carryOut()
  }

  private func stamp(at time: Timestamp, withNonce: Bool = true) -> RequestStamp {
    let venueTime = Clock.wallNanoseconds() + venueClock.offsetNanoseconds
    return RequestStamp(
      time: time, venueNanoseconds: venueTime, nonce: withNonce ? nextNonce() : 0)
  }

  private func nextNonce() -> UInt64 {
    do {
      return try nonces.next()
    } catch {
      // Nonce 0 is refused by every venue: nothing leaves under a number that may be used again.
      record(.alarm, "no nonce: \(error); requests of this venue fail until the disk is mended")
      return 0
    }
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
      var current = AdapterOutput()
      swap(&current, &output)
      if !current.batch.isEmpty {
        noteLinks(in: current.batch)
        delegate?.gateway(self, received: current.batch)
        if isOrderEntryUp && !isClockWithinBound { gateOrderEntry() }
      }
      for action in current.actions { perform(action) }
      current.removeAll()
      if output.batch.isEmpty && output.actions.isEmpty { swap(&current, &output) }
    }
    scheduleTimer()
  }

  private func perform(_ action: AdapterOutput.Action) {
    switch action {
    case .send(let channel, let bytes, let tag): sendOverSocket(bytes, on: channel, tag: tag)
    case .order(let request, let tag): sendOnce(request, tag: tag)
    case .fetch(let request, let tag): fetch(request, tag: tag)
    case .reconnect(let channel, let reason):
      record(.warning, "reconnecting \(channel): \(reason)")
      channels.first { $0.channel == channel }?.reconnect()
    case .incident(let incident): record(incident.severity, incident.message)
    }
  }

  private func sendOverSocket(_ bytes: [UInt8], on channel: VenueChannel, tag: RequestTag?) {
    let connection = channels.first { $0.channel == channel }
    let isSent = connection?.send(bytes) ?? false
    guard let tag else { return }
    if isSent {
      reportSent(tag)
    } else {
      failed(tag, .notSent("the \(channel) socket is not open"))
    }
  }

  private func sendOnce(_ request: HTTPRequest, tag: RequestTag) {
    guard let orders else {
      failed(tag, .notSent("the gateway has not started"))
      return
    }
    let completed = addressed(request)
    orders.send(
      preparing: { [weak self] in
        guard let self, self.mayStillSend(tag) else { return nil }
        self.reportSent(tag)
        return completed
      }, timeoutMilliseconds: settings.requestTimeoutMilliseconds
    ) { [weak self] outcome in
      guard let self else { return }
      switch outcome {
      case .answered(let response): self.answered(tag, response)
      case .notSent(let error): self.failed(tag, .notSent("\(error)"))
      case .unknown(let error, _): self.failed(tag, .unknown("\(error)"))
      }
    }
  }

  private func mayStillSend(_ tag: RequestTag) -> Bool {
    guard tag.purpose == .newOrder, let child = tag.child else { return true }
    return delegate?.gateway(self, mayStillSend: child) ?? false
  }

  private func fetch(_ request: HTTPRequest, tag: RequestTag) {
    let box = Confined(self)
    let loop = Confined(loop)
    curl.perform(curlRequest(request)) { result in
      loop.value.submit {
        guard !box.value.isStopped else { return }
        switch result {
        case .success(let response): box.value.answered(tag, response)
        case .failure(let error):
          let reason = error.message
          box.value.failed(tag, error.bytesMayHaveLeft ? .unknown(reason) : .notSent(reason))
        }
      }
    }
  }

  private func reportSent(_ tag: RequestTag) {
    if tag.purpose == .newOrder, let child = tag.child {
      status.ordersSent += 1
      output.append(
        .childReport(VenueExecutionReport(venue: venue, child: child, kind: .sent)))
    }
    adapter.sent(tag, at: stamp(at: clock.now), into: &output)
    carryOut()
  }

  // MARK: Addresses

  private func addressed(_ request: HTTPRequest) -> HTTPRequest {
    var completed = request
    completed.headers.set("Host", settings.rest.hostHeader)
    if completed.headers["User-Agent"] == nil { completed.headers.set("User-Agent", "sluice") }
    return completed
  }

  package func curlRequest(_ request: HTTPRequest) -> CurlRequest {
    let scheme = settings.rest.isSecure ? "https" : "http"
    var curlRequest = CurlRequest(
      method: request.method, url: "\(scheme)://\(settings.rest.hostHeader)\(request.target)")
    curlRequest.headers = request.headers
    curlRequest.body = request.body
    curlRequest.connectTimeoutMilliseconds = settings.connectTimeoutMilliseconds
    curlRequest.timeoutMilliseconds = settings.requestTimeoutMilliseconds
    return curlRequest
  }

  // MARK: Time

  private func scheduleTimer() {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard !isStopped, adapter.nextDeadline != .distantFuture else { return }
    let wait = max(0, adapter.nextDeadline.since(clock.now))
    timer = loop.schedule(afterNanoseconds: wait) { [weak self] in
      guard let self else { return }
      self.timer = nil
      self.withStamp { stamp in
        self.adapter.timerExpired(at: stamp, signer: self.signer, into: &self.output)
      }
    }
  }

  private func scheduleClockReading() {
    clockTimer = loop.schedule(afterNanoseconds: 30_000_000_000) { [weak self] in
      guard let self, !self.isStopped else { return }
      self.readVenueClock()
      self.scheduleClockReading()
    }
  }

  private func readVenueClock() {
    let query = VenueQuery.serverTime
    let request = dialect.request(for: query, at: stamp(at: clock.now), signer: signer)
    let (sentAt, started) = (Clock.wallNanoseconds(), Clock.monotonicNanoseconds())
    let box = Confined(self)
    let loop = Confined(loop)
    curl.perform(curlRequest(request)) { result in
      let receivedAt = sentAt + Clock.monotonicNanoseconds() - started
      loop.value.submit {
        guard case .success(let response) = result else { return }
        box.value.noteClockAnswer(response, sentAt: sentAt, receivedAt: receivedAt)
      }
    }
  }

  private func noteClockAnswer(_ response: HTTPResponse, sentAt: Int64, receivedAt: Int64) {
    let wasWithinBound = isClockWithinBound
    let answer = try? dialect.answer(to: .serverTime, from: response)
    guard case .serverTime(let venueTime)? = answer else { return }
    venueClock.record(
      sentAt: sentAt, venueTime: venueTime, receivedAt: receivedAt,
      wallBase: Clock.wallNanoseconds() - Clock.monotonicNanoseconds())
    noteClock()
    guard wasWithinBound != isClockWithinBound else { return }
    noteClockBound()
    gateOrderEntry()
    carryOut()
  }

  private var isClockWithinBound: Bool {
    abs(venueClock.offsetNanoseconds) <= settings.maximumClockOffsetMilliseconds * 1_000_000
  }

  private func noteClock() {
    status.clockOffsetMilliseconds = Double(venueClock.offsetNanoseconds) / 1e6
    status.clockUncertaintyMilliseconds = Double(venueClock.uncertaintyNanoseconds) / 1e6
    if !isClockWithinBound { noteClockBound() }
  }

  private func noteClockBound() {
    let seconds = Double(venueClock.offsetNanoseconds / 1_000_000) / 1000
    if isClockWithinBound {
      record(.notice, "clock offset is within bounds again: \(seconds) s; orders resume")
    } else {
      record(
        .alarm,
        "clock is off: the venue is \(seconds) s ahead of this machine, more than"
          + " maximum_clock_offset_ms allows; no orders are sent until the clock is set")
    }
  }

  // MARK: Status

  /// Notes link changes, and holds order entry down while the clock is out of bounds.
  private func noteLinks(in batch: borrowing EventBatch) {
    for event in batch.events {
      guard case .linkChanged(_, let link, let isUp) = event else { continue }
      status.links[link] = isUp
      guard link == .orderEntry else { continue }
      isOrderEntryUp = isUp
    }
  }

  /// Tells the core what order entry is worth: what the adapter says, and only by a good clock.
  private func gateOrderEntry() {
    let event = Event.linkChanged(
      venue, .orderEntry, isUp: isOrderEntryUp && isClockWithinBound)
    delegate?.gateway(self, received: EventBatch(event))
    status.links[.orderEntry] = isOrderEntryUp && isClockWithinBound
  }

  /// The status with the channels' own figures.
  package var currentStatus: GatewayStatus {
    var current = status
    current.channels = channels.map(\.status)
    return current
  }
}

/// A value that only the thread of one event loop touches, carried through a queue back to it.
struct Confined<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}
