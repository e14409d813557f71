internal import Glibc
internal import Platform
internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// One venue under measurement: its gateway, the probes beside it and what they found.
///
/// Confined to its loop.
final class VenueMeasurement: VenueGatewayDelegate {
  private static let pingBytes = 8

  let venue: MeasuredVenue
  private let options: MeasuringOptions
  private let loop: EventLoop
  private let connector: Connector
  private let clock: CoreClock
  private let gateway: VenueGateway
  private let endpoint: Endpoint
  private let rest: OrderHTTPClient
  private(set) var clockSearch: ClockSearch
  private var probes: [OpenLoopProbe] = []
  private var tls = ProbeSeries(.tls)
  private var cancels = ProbeSeries(.cancel)
  private var feed = ProbeSeries(.feed)
  private var resting: RestingOrderProbe?
  private var pings: [UInt64: (startedAt: Int64, completion: OpenLoopProbe.Completion)] = [:]
  private var pingCount: UInt64 = 0
  private var bestBid: Price?
  private var isOrderEntryUp = false
  private var isMeasuring = false
  private var notes: [String]

  init(
    _ venue: MeasuredVenue, options: MeasuringOptions, loop: EventLoop, connector: Connector,
    clock: CoreClock
  ) throws(PlatformError) {
    self.venue = venue
    self.options = options
    self.loop = loop
    self.connector = connector
    self.clock = clock
    notes = venue.notes
    var settings = venue.settings.gateway
    settings.isPublicOnly = !options.orders.areResting
    endpoint = Endpoint(
      host: settings.rest.host, port: settings.rest.port,
      tls: settings.rest.isSecure
        ? try TLSContext.client(caFile: settings.certificateAuthority) : nil,
      proxy: settings.proxy)
    rest = OrderHTTPClient(
      loop: loop, connector: connector, endpoint: endpoint, lanes: options.inFlight)
    gateway = try VenueGateway(
      venue: venue.setup.venue, settings: settings, dialect: venue.dialect,
      adapter: venue.dialect.makeAdapter(venue.setup), signer: venue.signer,
      nonces: venue.nonces, loop: loop, connector: connector, curl: venue.curl, clock: clock)
    clockSearch = ClockSearch(
      resolution: ClockResolution(dialect: venue.dialect.name),
      pauseNanoseconds: min(options.intervalNanoseconds, 500_000_000))
    gateway.delegate = self
    gateway.onPong = { [weak self] _, payload in self?.ponged(payload) }
  }

  // MARK: Course

  /// Connects, and finds out how the venue's clock stands.
  func prepare() {
    rest.warm()
    searchClock()
  }

  /// Whether measuring may begin with nothing left to wait for.
  var isReady: Bool {
    clockSearch.hasEnded && bestBid != nil && (!options.orders.areResting || isOrderEntryUp)
  }

  func begin(at start: Int64) {
    isMeasuring = true
    let kinds = activeProbes()
    for (index, probe) in kinds.enumerated() {
      probes.append(probe)
      let interval = options.intervalNanoseconds(of: probe.series.probe)
      let phase = options.intervalNanoseconds * Int64(index) / Int64(kinds.count)
      probe.start(
        OpenLoopSchedule(
          start: start + phase, intervalNanoseconds: interval,
          count: options.starts(of: probe.series.probe), limit: options.inFlight))
    }
    watchCancels()
  }

  private func watchCancels() {
    guard let resting else { return }
    loop.schedule(afterNanoseconds: 250_000_000) { [weak self] in
      resting.retryCancels(at: Clock.monotonicNanoseconds())
      self?.watchCancels()
    }
  }

  var hasEnded: Bool { probes.allSatisfy(\.hasEnded) }

  var answered: Int { probes.reduce(0) { $0 + $1.series.answered } + feed.answered }

  /// Ends the probes; orders that rest are asked to end.
  func close() {
    for probe in probes { probe.close() }
    isMeasuring = false
    resting?.cancelAll()
  }

  var openOrders: [String] { resting?.open ?? [] }

  func stop() {
    gateway.stop()
    rest.close()
    venue.curl.shutdown()
  }

  // MARK: Results

  func takeIntervals() -> [(probe: VenueProbe, histogram: Histogram)] {
    var taken = probes.map { ($0.series.probe, $0.takeInterval()) }
    taken.append((.tls, tls.takeInterval()))
    taken.append((.cancel, cancels.takeInterval()))
    taken.append((.feed, feed.takeInterval()))
    return taken.compactMap { probe, histogram in histogram.map { (probe, $0) } }
  }

  var result: MeasurementReport.Venue {
    let all = probes.map(\.series) + [tls, cancels, feed]
    let ordered = VenueProbe.allCases.compactMap { kind in all.first { $0.probe == kind } }
    return MeasurementReport.Venue(
      name: venue.name, dialect: venue.dialect.name, clock: clockSearch.bounds,
      series: ordered.filter { $0.count > 0 || $0.failed > 0 }, notes: notes + lateNotes,
      openOrders: openOrders)
  }

  private var lateNotes: [String] {
    var notes: [String] = []
    if feed.latency.clampedCount > 0 {
      notes.append(
        "\(feed.latency.clampedCount) feed lags were below zero by the clock as known and count as"
          + " zero")
    }
    if !clockSearch.bounds.isKnown { notes.append("clock not known, so no feed lag") }
    if let filled = resting?.filled, filled > 0 { notes.append("\(filled) orders were filled") }
    return notes
  }

  // MARK: Probes

  private func activeProbes() -> [OpenLoopProbe] {
    var probes = [
      OpenLoopProbe(.connect, loop: loop) { [unowned self] in connect($0) },
      OpenLoopProbe(.rest, loop: loop) { [unowned self] in askTime($0) },
      OpenLoopProbe(.ping, loop: loop) { [unowned self] in ping($0) },
    ]
    if let orders = orderProbe() { probes.append(orders) }
    return probes
  }

  private func orderProbe() -> OpenLoopProbe? {
    guard let listing = venue.listings.first else { return nil }
    switch options.orders {
    case .none: return nil
    case .resting:
      let resting = RestingOrderProbe(
        instance: venue.setup.instance, listing: listing, gateway: gateway, clock: clock)
      resting.onCanceled = { [unowned self] started, finished in
        if isMeasuring {
          cancels.answer(intended: started, started: started, finished: finished)
        }
      }
      self.resting = resting
      return OpenLoopProbe(.order, loop: loop) { [unowned self] in placeResting($0) }
    case .test:
      guard testOrder(bestBid: Price(mantissa: 1 << 40)) != nil else {
        notes.append("no orders: this protocol has no order that is only checked")
        return nil
      }
      notes.append("orders were checked by the venue and never reached its matching engine")
      return OpenLoopProbe(.order, loop: loop) { [unowned self] in placeTest($0) }
    }
  }

  private func connect(_ completion: @escaping OpenLoopProbe.Completion) {
    let called = Clock.monotonicNanoseconds()
    connector.connect(endpoint, timeoutMilliseconds: options.timeoutMilliseconds, on: loop) {
      [weak self] result in
      switch result {
      case .failure(let error):
        completion(error.code == ETIMEDOUT ? .unanswered : .failed("\(error)"))
      case .success(let stream):
        let timings = stream.timings
        stream.close()
        self?.secured(timings)
        // The lookup and the way to the helper thread are no part of what the venue takes.
        let taken = timings.connectedNanoseconds - timings.resolvedNanoseconds
        completion(.answered(started: called, finished: called + taken))
      }
    }
  }

  private func secured(_ timings: ConnectTimings) {
    guard isMeasuring, endpoint.tls != nil else { return }
    tls.answer(
      intended: timings.connectedNanoseconds, started: timings.connectedNanoseconds,
      finished: timings.securedNanoseconds)
  }

  private func ping(_ completion: @escaping OpenLoopProbe.Completion) {
    pingCount += 1
    let number = pingCount
    let bytes = (0..<Self.pingBytes).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    let started = Clock.monotonicNanoseconds()
    guard gateway.ping(.marketData, bytes) else {
      return loop.enqueue { completion(.failed("the market data socket is not open")) }
    }
    pings[number] = (started, completion)
    let timeout = Int64(options.timeoutMilliseconds) * 1_000_000
    loop.schedule(afterNanoseconds: timeout) { [weak self] in
      self?.pings.removeValue(forKey: number)?.completion(.unanswered)
    }
  }

  private func ponged(_ payload: [UInt8]) {
    let now = Clock.monotonicNanoseconds()
    guard payload.count == Self.pingBytes else { return }
    let number = payload.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let ping = pings.removeValue(forKey: number) else { return }
    ping.completion(.answered(started: ping.startedAt, finished: now))
  }

  // MARK: Requests

  private func askTime(_ completion: @escaping OpenLoopProbe.Completion) {
    let stamp = RequestStamp(time: clock.now, venueNanoseconds: venueNow, nonce: 0)
    let request = venue.dialect.request(for: .serverTime, at: stamp, signer: venue.signer)
    send(request, completion) { [weak self] response, started, finished throws(VenueFault) in
      guard let self else { return }
      let answer = try venue.dialect.answer(to: .serverTime, from: response)
      guard case .serverTime(let time) = answer else { throw .malformed("server time") }
      clockSearch.record(
        askedAt: clock.timestamp(monotonicNanoseconds: started).nanoseconds, venueTime: time,
        receivedAt: clock.timestamp(monotonicNanoseconds: finished).nanoseconds)
    }
  }

  private func placeTest(_ completion: @escaping OpenLoopProbe.Completion) {
    guard let bestBid, let request = testOrder(bestBid: bestBid) else {
      return loop.enqueue { completion(.failed("no price: the book has not come")) }
    }
    send(request, completion) { response, _, _ throws(VenueFault) in
      guard response.status != 429, response.status != 418 else {
        throw .rateLimited(retryAfterMilliseconds: 0, "status \(response.status)")
      }
      guard response.status == 200 else {
        throw .refused(String(decoding: response.body.prefix(200), as: UTF8.self))
      }
    }
  }

  private func placeResting(_ completion: @escaping OpenLoopProbe.Completion) {
    guard isOrderEntryUp, let resting, let bestBid else {
      return loop.enqueue { completion(.failed("order entry or the book is not up")) }
    }
    resting.send(bestBid: bestBid, completion)
  }

  private func testOrder(bestBid: Price) -> HTTPRequest? {
    guard let listing = venue.listings.first, let binding = venue.setup.listings.first,
      let (price, quantity) = RestingOrderProbe.terms(listing, bestBid: bestBid)
    else { return nil }
    let id = ChildOrderID(
      instance: venue.setup.instance, epoch: 0xff_ffff, parent: ParentOrderID(1), child: 1)
    let order = NewChildOrder(
      id: id, venue: listing.venue, listing: listing.id, side: .buy, limitPrice: price,
      quantity: quantity, timeInForce: .goodTillCancel, isPostOnly: true)
    let stamp = RequestStamp(time: clock.now, venueNanoseconds: venueNow, nonce: 0)
    return venue.dialect.testOrder(order, binding, at: stamp, signer: venue.signer)
  }

  private func send(
    _ request: HTTPRequest, _ completion: @escaping OpenLoopProbe.Completion,
    judge: @escaping (HTTPResponse, Int64, Int64) throws(VenueFault) -> Void
  ) {
    var addressed = request
    addressed.headers.set("Host", venue.settings.gateway.rest.hostHeader)
    addressed.headers.set("User-Agent", "sluice")
    var started = Clock.monotonicNanoseconds()
    rest.send(
      preparing: {
        started = Clock.monotonicNanoseconds()
        return addressed
      }, timeoutMilliseconds: options.timeoutMilliseconds
    ) { outcome in
      let finished = Clock.monotonicNanoseconds()
      switch outcome {
      case .notSent(let error), .unknown(let error, _):
        completion(error.code == ETIMEDOUT ? .unanswered : .failed("\(error)"))
      case .answered(let response):
        do throws(VenueFault) {
          try judge(response, started, finished)
          completion(.answered(started: started, finished: finished))
        } catch {
          if case .rateLimited = error { return completion(.limited(error.words)) }
          completion(.failed(error.words))
        }
      }
    }
  }

  // MARK: The clock

  private var venueNow: Int64 { clock.now.nanoseconds + clockSearch.bounds.offset }

  private func searchClock() {
    guard let wait = clockSearch.nextWait(at: clock.now.nanoseconds) else {
      return startGateway()
    }
    loop.schedule(afterNanoseconds: wait) { [weak self] in
      self?.askTime { outcome in
        if case .answered = outcome {} else { self?.clockSearch.fail() }
        self?.searchClock()
      }
    }
  }

  /// Signs and judges by the clock that was found.
  private func startGateway() {
    var known = VenueClock()
    known.record(sentAt: 0, venueTime: clockSearch.bounds.offset, receivedAt: 0)
    gateway.start(initialOffset: known)
  }

  // MARK: VenueGatewayDelegate

  func gateway(_ gateway: VenueGateway, received batch: borrowing EventBatch) {
    let now = Clock.monotonicNanoseconds()
    for event in batch.events {
      switch event {
      case .book(let update): noteBook(update, batch)
      case .linkChanged(_, .orderEntry, let isUp): isOrderEntryUp = isUp
      case .childReport(let report): resting?.received(report, at: now)
      default: break
      }
    }
  }

  func gateway(_ gateway: VenueGateway, mayStillSend child: ChildOrderID) -> Bool { isMeasuring }

  private func noteBook(_ update: BookUpdate, _ batch: borrowing EventBatch) {
    if update.isSnapshot {
      guard update.listing == venue.listings.first?.id, update.bidCount > 0 else { return }
      bestBid = batch.levels[Int(update.bidStart)].price
    } else if isMeasuring, update.venueTime != .distantPast, clockSearch.bounds.isKnown {
      feed.observe(
        update.receivedAt.nanoseconds + clockSearch.bounds.offset - update.venueTime.nanoseconds)
    }
  }
}

extension MeasuringOptions.Orders {
  var areResting: Bool {
    if case .resting = self { true } else { false }
  }
}
