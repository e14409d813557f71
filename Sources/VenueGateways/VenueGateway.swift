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
/// The adapter says what to send and what it means, an `AdapterDriver` puts that in order, and this
/// type carries it out. It is confined to the thread of its event loop, so that bytes become events
/// and commands become bytes without a hand-over.
package final class VenueGateway: AdapterTransport, OrderHTTPOwner {
  package let venue: VenueID
  package let settings: GatewaySettings
  package let dialect: any VenueDialect
  package weak var delegate: (any VenueGatewayDelegate)?
  /// The payload of a pong that answers a `ping`.
  package var onPong: ((VenueChannel, [UInt8]) -> Void)?
  /// Not weak: it belongs to who owns the gateways, and a weak reference costs at every byte.
  package var stages: (any StageObserver)?
  private var status: GatewayStatus

  let loop: EventLoop
  let connector: Connector
  let curl: CurlClient
  let clock: CoreClock
  private let nonces: NonceSource
  private let tls: TLSContext?
  private lazy var driver = AdapterDriver(
    venue: venue, dialect: dialect, adapter: adapter, signer: signer,
    maximumClockOffsetMilliseconds: settings.maximumClockOffsetMilliseconds, transport: self)
  private let adapter: any VenueAdapter
  private let signer: AccountSigner
  private var channels: [ChannelConnection] = []
  private var orders: OrderHTTPClient?
  /// The new order whose request was prepared last, until its bytes have left.
  private var departing: ChildOrderID?
  private var tickets = RequestTickets()
  private var timer: TimerID?
  /// When the adapter wants to be called, and when the timer rings: then or before.
  private var wakeAt = Timestamp.distantFuture
  private var ringsAt = Timestamp.distantFuture
  private lazy var onTimer: () -> Void = { [weak self] in self?.timerRang() }
  private var clockTimer: TimerID?
  private var secondsSinceClockReading = 0
  private var isStopped = false

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
    let endpoint = Endpoint(
      host: settings.rest.host, port: settings.rest.port,
      tls: settings.rest.isSecure ? tls : nil, proxy: settings.proxy)
    let client = OrderHTTPClient(
      loop: loop, connector: connector, endpoint: endpoint, lanes: settings.orderLanes,
      options: OrderHTTPOptions())
    client.owner = self
    client.onWritten = { [weak self] in self?.departed() }
    if !settings.isPublicOnly { client.warm() }
    orders = client
    for channel in driver.channels where channel == .marketData || !settings.isPublicOnly {
      let connection = ChannelConnection(channel, gateway: self, tls: tls)
      channels.append(connection)
      connection.connect()
    }
    scheduleClockReading()
    driver.start(clock: initialOffset)
  }

  package func stop() {
    isStopped = true
    if let timer { loop.cancel(timer) }
    if let clockTimer { loop.cancel(clockTimer) }
    for channel in channels { channel.stop() }
    orders?.close()
  }

  /// Carries out a command of the core that has passed its last gate.
  package func execute(_ command: VenueCommand) { driver.execute(command) }

  package func refreshBook(_ listing: ListingID) { driver.refreshBook(listing) }

  /// Sends a WebSocket ping beside whatever else the socket carries.
  ///
  /// - Returns: Whether the socket is open.
  package func ping(_ channel: VenueChannel, _ payload: [UInt8]) -> Bool {
    channels.first { $0.channel == channel }?.ping(payload) ?? false
  }

  // MARK: What sockets report

  func opened(_ channel: VenueChannel) { driver.opened(channel) }

  func received(_ message: UnsafeRawBufferPointer, on channel: VenueChannel, at time: Timestamp) {
    stages?.reading(at: time)
    unsafe driver.received(message, on: channel, at: time)
    stages?.reading(at: nil)
  }

  func closed(_ channel: VenueChannel) { driver.closed(channel) }

  // MARK: AdapterTransport

  package var now: Timestamp { clock.now }
  package var wallNanoseconds: Int64 { Clock.wallNanoseconds() }

  package func nextNonce() -> UInt64 {
    do {
      return try nonces.next()
    } catch {
      // Nonce 0 is refused by every venue: nothing leaves under a number that may be used again.
      record(.alarm, "no nonce: \(error); requests of this venue fail until the disk is mended")
      return 0
    }
  }

  package func received(_ batch: borrowing EventBatch) {
    delegate?.gateway(self, received: batch)
  }

  package func mayStillSend(_ child: ChildOrderID) -> Bool {
    delegate?.gateway(self, mayStillSend: child) ?? false
  }

  package func record(_ severity: AdapterOutput.Incident.Severity, _ message: String) {
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

  package func send(_ bytes: [UInt8], on channel: VenueChannel) -> Bool {
    channels.first { $0.channel == channel }?.send(bytes) ?? false
  }

  package func send(_ bytes: UnsafeRawBufferPointer, on channel: VenueChannel) -> Bool {
    unsafe channels.first { $0.channel == channel }?.send(bytes) ?? false
  }

  package func reconnect(_ channel: VenueChannel) {
    channels.first { $0.channel == channel }?.reconnect()
  }

  package func sendOnce(_ request: HTTPRequest, tag: RequestTag) {
    guard let orders else {
      driver.failed(tag, .notSent("the gateway has not started"))
      return
    }
    let completed = addressed(request)
    orders.send(
      preparing: { [weak self] in
        guard let self, self.driver.mayLeave(tag) else { return nil }
        self.departing = tag.newChild
        return completed
      }, timeoutMilliseconds: settings.requestTimeoutMilliseconds
    ) { [weak self] outcome in
      self?.ended(tag, outcome)
    }
  }

  package func sendOnce(
    _ request: PreparedRequest, in bytes: UnsafeRawBufferPointer, tag: RequestTag
  ) {
    guard let orders else {
      driver.failed(tag, .notSent("the gateway has not started"))
      return
    }
    unsafe orders.send(
      request, in: bytes, ticket: tickets.take(tag),
      timeoutMilliseconds: settings.requestTimeoutMilliseconds)
  }

  package func mayLeave(_ ticket: Int) -> Bool {
    let tag = tickets[ticket]
    guard driver.mayLeave(tag) else { return false }
    departing = tag.newChild
    return true
  }

  package func ended(_ ticket: Int, _ outcome: OrderHTTPOutcome) {
    ended(tickets.giveBack(ticket), outcome)
  }

  private func ended(_ tag: RequestTag, _ outcome: OrderHTTPOutcome) {
    stages?.reading(at: clock.timestamp(monotonicNanoseconds: loop.lastReadNanoseconds))
    defer { stages?.reading(at: nil) }
    switch outcome {
    case .answered(let response): driver.answered(tag, response)
    case .notSent(let error): driver.failed(tag, .notSent("\(error)"))
    case .unknown(let error, _): driver.failed(tag, .unknown("\(error)"))
    }
  }

  private func departed() {
    guard let child = departing else { return }
    departing = nil
    stages?.written(child)
  }

  package func noteSigned(_ child: ChildOrderID) { stages?.signed(child) }
  package func noteWritten(_ child: ChildOrderID) { stages?.written(child) }

  package func fetch(_ request: HTTPRequest, tag: RequestTag) {
    let box = Confined(self)
    let loop = Confined(loop)
    curl.perform(curlRequest(request)) { result in
      loop.value.submit {
        guard !box.value.isStopped else { return }
        switch result {
        case .success(let response): box.value.driver.answered(tag, response)
        case .failure(let error):
          let reason = error.message
          box.value.driver.failed(
            tag, error.bytesMayHaveLeft ? .unknown(reason) : .notSent(reason))
        }
      }
    }
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

  /// The deadline moves on with almost every message; a timer that rings too early is set again.
  package func wake(at deadline: Timestamp) {
    wakeAt = deadline
    armTimer()
  }

  private func armTimer() {
    guard !isStopped, wakeAt < ringsAt else { return }
    if let timer { loop.cancel(timer) }
    ringsAt = wakeAt
    let now = clock.now
    timer = loop.schedule(afterNanoseconds: wakeAt > now ? wakeAt.since(now) : 0, onTimer)
  }

  private func timerRang() {
    (timer, ringsAt) = (nil, .distantFuture)
    guard wakeAt <= clock.now else { return armTimer() }
    wakeAt = .distantFuture
    driver.timerExpired()
  }

  /// Asks for the venue's clock twice a minute, and at once when our own was set: until the answer
  /// the venue's time is not known.
  private func scheduleClockReading() {
    clockTimer = loop.schedule(afterNanoseconds: 1_000_000_000) { [weak self] in
      guard let self, !self.isStopped else { return }
      self.secondsSinceClockReading += 1
      let isOutdated = self.driver.venueClock.isOutdated(by: self.wallBase)
      if self.secondsSinceClockReading >= (isOutdated ? 3 : 30) { self.readVenueClock() }
      self.scheduleClockReading()
    }
  }

  /// Our wall clock less the monotonic one.
  private var wallBase: Int64 { Clock.wallNanoseconds() - Clock.monotonicNanoseconds() }

  private func readVenueClock() {
    secondsSinceClockReading = 0
    let request = driver.clockQuery()
    let (sentAt, started) = (Clock.wallNanoseconds(), Clock.monotonicNanoseconds())
    let box = Confined(self)
    let loop = Confined(loop)
    curl.perform(curlRequest(request)) { result in
      let receivedAt = sentAt + Clock.monotonicNanoseconds() - started
      loop.value.submit {
        guard case .success(let response) = result else { return }
        box.value.driver.answeredClock(
          response, sentAt: sentAt, receivedAt: receivedAt, wallBase: sentAt - started)
      }
    }
  }

  // MARK: Status

  /// How far the venue's clock is ahead of ours, and within what.
  package var clockOffset: (nanoseconds: Int64, uncertainty: Int64) {
    (driver.venueClock.offsetNanoseconds, driver.venueClock.uncertaintyNanoseconds)
  }

  /// Requests that wait for a free connection.
  package var waitingRequests: Int { orders?.waitingRequests ?? 0 }

  /// The status with the channels' own figures.
  package var currentStatus: GatewayStatus {
    var current = status
    current.channels = channels.map(\.status)
    guard orders != nil else { return current }
    current.links = driver.links
    current.ordersSent = driver.ordersSent
    current.requestsUnknown = driver.requestsUnknown
    current.orderTransports = adapter.orderTransports(at: clock.now)
    current.clockOffsetMilliseconds = Double(driver.venueClock.offsetNanoseconds) / 1e6
    current.clockUncertaintyMilliseconds = Double(driver.venueClock.uncertaintyNanoseconds) / 1e6
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
