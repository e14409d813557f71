import RouterCore
import Wire

/// The public socket: subscribes, and watches books that carry no sequence for signs of damage.
///
/// `level2` has needed a signature since August 2023; where the venue refuses ours, `level2_batch`
/// gives the same levels every 50 ms without one.
struct CoinbaseExchangeMarketStream {
  /// The `number` of a `.session` request that asks for a product's status.
  static let statusRequest: UInt64 = 1

  private enum Limit {
    static let tickMilliseconds: Int64 = 1000
    /// The venue sends one heartbeat a second and product; three missing ones may be the network.
    static let heartbeatMilliseconds: Int64 = 5000
    static let subscriptionMilliseconds: Int64 = 10_000
    static let snapshotMilliseconds: Int64 = 10_000
    static let snapshotAttempts = 3
    /// A product that is not quiet: so many messages of the full feed and no change of level2.
    static let silentSequences: Int64 = 200
    static let silentMilliseconds: Int64 = 20_000
    static let resubscribePauseMilliseconds: Int64 = 1000
    static let statusCycleMilliseconds: Int64 = 30_000
  }

  /// What the watch over one product remembers.
  private struct Watch {
    var heartbeatAt = Timestamp.distantPast
    var sequence: Int64 = 0
    var sequenceAtUpdate: Int64 = 0
    var updatedAt = Timestamp.distantPast
    var resubscribeAt = Timestamp.distantFuture
    var resubscribedAt = Timestamp.distantPast
    var snapshotDueAt = Timestamp.distantFuture
    var attempts = 0
  }

  private(set) var decoder: CoinbaseExchangeMarketData
  private let venue: VenueID
  private let venueName: String
  private var watches: [Watch]
  private var isOpen = false
  private var isSubscribed = false
  private var usesBatchChannel = false
  private var subscribedAt = Timestamp.distantPast
  private var nextTick = Timestamp.distantFuture
  private var nextStatusAt = Timestamp.distantPast
  private var statusProduct = 0

  init(_ setup: AdapterSetup) {
    decoder = CoinbaseExchangeMarketData(listings: setup.listings, venueName: setup.venueName)
    venue = setup.venue
    venueName = setup.venueName
    watches = Array(repeating: Watch(), count: setup.listings.count)
  }

  var products: CoinbaseExchangeProducts { decoder.products }

  var nextDeadline: Timestamp {
    watches.reduce(nextTick) { min($0, $1.resubscribeAt) }
  }

  private var bookChannel: String { usesBatchChannel ? "level2_batch" : "level2" }

  // MARK: Connection

  mutating func opened(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    isOpen = true
    isSubscribed = false
    nextTick = stamp.time.adding(milliseconds: Limit.tickMilliseconds)
    for product in watches.indices {
      watches[product] = Watch()
      watches[product].heartbeatAt = stamp.time
      if !decoder.isSuspended(product) { decoder.awaitSnapshot(product) }
    }
    subscribe(at: stamp, signer: signer, into: &output)
  }

  mutating func closed(into output: inout AdapterOutput) {
    isOpen = false
    isSubscribed = false
    nextTick = .distantFuture
    for product in watches.indices {
      watches[product].resubscribeAt = .distantFuture
      if !decoder.isSuspended(product) { decoder.awaitSnapshot(product) }
      output.append(.bookInvalid(products[product].listing, .disconnected))
    }
    output.append(.linkChanged(venue, .marketData, isUp: false))
  }

  /// The first subscription must come within 5 s, or the venue closes.
  private mutating func subscribe(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    subscribedAt = stamp.time
    for product in watches.indices {
      watches[product].snapshotDueAt = stamp.time.adding(milliseconds: Limit.snapshotMilliseconds)
    }
    output.send(
      CoinbaseExchangeAuthentication.subscription(
        "subscribe", channels: [bookChannel, "heartbeat", "matches"], products: products.symbols,
        at: stamp, signer: usesBatchChannel ? nil : signer),
      on: .marketData)
  }

  // MARK: Messages

  mutating func received(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch unsafe decoder.decode(message, at: stamp.time, into: &output) {
    case .book(let product, let isSnapshot): bookChanged(product, isSnapshot, at: stamp.time)
    case .heartbeat(let product, let sequence):
      watches[product].heartbeatAt = stamp.time
      watches[product].sequence = max(watches[product].sequence, sequence)
    case .subscriptions: unsafe subscriptionsListed(message, into: &output)
    case .error: unsafe refused(message, at: stamp, signer: signer, into: &output)
    case .malformed(let product?): scheduleResubscription(product, at: stamp.time)
    case .malformed(nil), .ticker, .trade, .ignored: break
    }
  }

  private mutating func bookChanged(_ product: Int, _ isSnapshot: Bool, at now: Timestamp) {
    watches[product].updatedAt = now
    watches[product].sequenceAtUpdate = watches[product].sequence
    guard isSnapshot else { return }
    watches[product].snapshotDueAt = .distantFuture
    watches[product].resubscribeAt = .distantFuture
    watches[product].attempts = 0
  }

  private mutating func subscriptionsListed(
    _ message: UnsafeRawBufferPointer, into output: inout AdapterOutput
  ) {
    guard !isSubscribed, let value = unsafe try? JSONValue(parsing: message),
      let channels = value["channels"]?.array
    else { return }
    let names = channels.map { $0.string ?? $0["name"]?.string ?? "" }
    guard names.contains(where: { $0.hasPrefix("level2") }) else { return }
    isSubscribed = true
    output.append(.linkChanged(venue, .marketData, isUp: true))
  }

  private mutating func refused(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    let value = unsafe try? JSONValue(parsing: message)
    let text = value?["message"]?.string ?? ""
    let reason = value?["reason"]?.string ?? ""
    let isAboutKey = CoinbaseExchangeText.contains(
      text + " " + reason, anyOf: ["auth", "signature", "passphrase", "key", "timestamp"])
    if isAboutKey && !usesBatchChannel {
      usesBatchChannel = true
      output.incident(
        .warning, "\(venueName): level2 was refused (\(text): \(reason)); using level2_batch")
      subscribe(at: stamp, signer: signer, into: &output)
    } else {
      output.incident(.warning, "\(venueName): market data: \(text): \(reason)")
      output.reconnect(.marketData, reason: "venue error: \(text)")
    }
  }

  // MARK: Resynchronisation

  /// Asks for the product's snapshot again, at most once a second.
  mutating func scheduleResubscription(_ product: Int, at now: Timestamp) {
    guard isOpen, watches[product].resubscribeAt == .distantFuture else { return }
    let earliest = watches[product].resubscribedAt.adding(
      milliseconds: Limit.resubscribePauseMilliseconds)
    watches[product].resubscribeAt = max(now, earliest)
  }

  /// A snapshot comes only with a new subscription, so the product is dropped and taken again.
  private mutating func resubscribe(
    _ product: Int, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    watches[product].resubscribeAt = .distantFuture
    watches[product].resubscribedAt = stamp.time
    watches[product].attempts += 1
    watches[product].snapshotDueAt = stamp.time.adding(milliseconds: Limit.snapshotMilliseconds)
    guard watches[product].attempts <= Limit.snapshotAttempts else {
      return output.reconnect(
        .marketData, reason: "no snapshot of \(products.symbol(product))")
    }
    if !decoder.isSuspended(product) { decoder.awaitSnapshot(product) }
    for type in ["unsubscribe", "subscribe"] {
      output.send(
        CoinbaseExchangeAuthentication.subscription(
          type, channels: [bookChannel], products: [products.symbol(product)], at: stamp,
          signer: usesBatchChannel ? nil : signer),
        on: .marketData)
    }
  }

  /// The core wants this book anew.
  mutating func refresh(
    _ product: Int, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    scheduleResubscription(product, at: stamp.time)
    guard watches[product].resubscribeAt <= stamp.time else { return }
    resubscribe(product, at: stamp, signer: signer, into: &output)
  }

  private mutating func invalidate(
    _ product: Int, _ fault: BookFault, _ reason: String, at now: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard decoder.isLive(product) else { return }
    decoder.awaitSnapshot(product)
    output.append(.bookInvalid(products[product].listing, fault))
    output.incident(.warning, "\(venueName) \(products.symbol(product)): \(reason)")
    scheduleResubscription(product, at: now)
  }

  // MARK: Timers

  mutating func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard isOpen else { return }
    if stamp.time >= nextTick { tick(at: stamp, into: &output) }
    for product in watches.indices where watches[product].resubscribeAt <= stamp.time {
      resubscribe(product, at: stamp, signer: signer, into: &output)
    }
  }

  private mutating func tick(at stamp: RequestStamp, into output: inout AdapterOutput) {
    let now = stamp.time
    nextTick = now.adding(milliseconds: Limit.tickMilliseconds)
    if !isSubscribed && Self.isPast(subscribedAt, Limit.subscriptionMilliseconds, now) {
      return output.reconnect(.marketData, reason: "subscription not confirmed")
    }
    let silent = watches.indices.filter {
      Self.isPast(watches[$0].heartbeatAt, Limit.heartbeatMilliseconds, now)
    }
    if !silent.isEmpty && silent.count == watches.count {
      for product in silent {
        invalidate(product, .disconnected, "no heartbeat", at: now, into: &output)
      }
      return output.reconnect(.marketData, reason: "no heartbeat of any product")
    }
    for product in silent {
      invalidate(product, .synchronizing, "no heartbeat", at: now, into: &output)
    }
    for product in watches.indices { checkSilence(of: product, at: now, into: &output) }
    pollStatus(at: now, into: &output)
  }

  private static func isPast(_ since: Timestamp, _ milliseconds: Int64, _ now: Timestamp) -> Bool {
    now > since.adding(milliseconds: milliseconds)
  }

  private mutating func checkSilence(
    of product: Int, at now: Timestamp, into output: inout AdapterOutput
  ) {
    let watch = watches[product]
    if now >= watch.snapshotDueAt && !decoder.isSuspended(product) {
      scheduleResubscription(product, at: now)
    }
    // The heartbeat's sequence counts the full feed: many messages that change no level are odd.
    let isSilent = Self.isPast(watch.updatedAt, Limit.silentMilliseconds, now)
    if isSilent && watch.sequence - watch.sequenceAtUpdate > Limit.silentSequences {
      invalidate(
        product, .sequenceGap, "level2 is silent while the product trades", at: now, into: &output)
    }
  }

  // MARK: Product status

  /// Asks for one product after the other; each comes round about every 30 s.
  private mutating func pollStatus(at now: Timestamp, into output: inout AdapterOutput) {
    guard now >= nextStatusAt, products.count > 0 else { return }
    let pause = Limit.statusCycleMilliseconds / Int64(products.count)
    nextStatusAt = now.adding(milliseconds: max(Limit.tickMilliseconds, pause))
    requestStatus(statusProduct, into: &output)
    statusProduct = (statusProduct + 1) % products.count
  }

  func requestStatus(_ product: Int, into output: inout AdapterOutput) {
    output.fetch(
      CoinbaseExchangeAuthentication.publicRequest(
        "/products/\(products[product].definition.symbol)"),
      tag: RequestTag(
        .session, number: Self.statusRequest, listing: products[product].listing))
  }

  mutating func statusAnswered(
    _ product: Int, _ response: HTTPResponse, at now: Timestamp, into output: inout AdapterOutput
  ) {
    guard response.status == 200, let body = try? JSONValue(parsing: response.body) else { return }
    let definition = products[product].definition
    guard let current = try? CoinbaseExchangeReferenceData.listing(definition.pair, body) else {
      return output.incident(
        .warning, "\(venueName) \(definition.symbol): product description is malformed")
    }
    if current.priceIncrement != definition.priceIncrement
      || current.quantityIncrement != definition.quantityIncrement
      || current.minimumNotional != definition.minimumNotional
    {
      output.incident(
        .alarm, "\(venueName) \(definition.symbol): increments or minima changed; reload them")
    }
    statusChanged(product, current.status, at: now, into: &output)
  }

  private mutating func statusChanged(
    _ product: Int, _ status: ListingStatus, at now: Timestamp, into output: inout AdapterOutput
  ) {
    let symbol = products.symbol(product)
    if status.allowsTaking && decoder.isSuspended(product) {
      decoder.awaitSnapshot(product)
      output.incident(.notice, "\(venueName) \(symbol): trading again")
      scheduleResubscription(product, at: now)
    } else if !status.allowsTaking && !decoder.isSuspended(product) {
      decoder.suspend(product)
      output.append(.bookInvalid(products[product].listing, .venueHalted))
      output.incident(.warning, "\(venueName) \(symbol): not matching (\(status))")
    }
  }
}
