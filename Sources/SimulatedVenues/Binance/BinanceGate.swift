import Platform
import Simulation
import Wire

/// Who may ask, and how much: keys, signatures, timestamps and the venue's three counters.
struct BinanceGate {
  enum Limit {
    /// Request weight of an address in a minute.
    static let weight = 6000
    /// Unfilled orders of an account in ten seconds and in a day.
    static let ordersShort = 100
    static let ordersDay = 200_000
    /// Refused requests in one minute after which the address is banned.
    static let refusals = 30
  }

  private static let minute: Int64 = 60_000_000_000
  private static let day: Int64 = 86_400_000_000_000
  private static let short: Int64 = 10_000_000_000

  /// A counter that starts anew when the calendar begins a new interval.
  private struct Window {
    var start: Int64 = 0
    var count = 0

    mutating func add(_ amount: Int, interval: Int64, at now: Int64) {
      roll(interval, at: now)
      count = max(0, count + amount)
    }

    mutating func roll(_ interval: Int64, at now: Int64) {
      let begin = now - now % interval
      if begin != start { (start, count) = (begin, 0) }
    }
  }

  private let context: VenueContext
  private var signers: [String: HMACKey] = [:]
  private var weight = Window()
  private var refusals = Window()
  private var bannedUntil: Int64 = 0
  private var orders: [Int: (short: Window, day: Window)] = [:]

  init(context: VenueContext) {
    self.context = context
  }

  mutating func reset() {
    weight = Window()
    refusals = Window()
    bannedUntil = 0
    orders = [:]
  }

  private var isCounting: Bool { context.options.enforcesRateLimits }

  // MARK: - Keys

  /// Checks key, permission, signature and time of a signed request; the account it acts for.
  mutating func authorize(
    key: String?, _ security: BinanceEndpoint.Security, _ parameters: BinanceParameters,
    at now: Int64
  ) throws(BinanceError) -> Int {
    let credential = try credential(key)
    guard credential.grants(security == .trade ? "TRADE" : "USER_DATA") else {
      throw .unauthorized
    }
    try checkSignature(parameters, by: credential)
    try checkTime(parameters, at: now)
    return context.account(of: credential)
  }

  func credential(_ key: String?) throws(BinanceError) -> VenueCredential {
    guard let key, !key.isEmpty else { throw .keyFormat }
    guard key.utf8.count >= 16, key.utf8.allSatisfy(Self.isKeyCharacter) else { throw .keyFormat }
    guard let credential = context.credential(key: key) else { throw .unauthorized }
    return credential
  }

  private static func isKeyCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  mutating func checkSignature(
    _ parameters: BinanceParameters, by credential: VenueCredential
  ) throws(BinanceError) {
    _ = try parameters.required("timestamp")
    let signature = try parameters.required("signature")
    guard parameters.isWellEncoded else { throw .signature }
    if Self.isEd25519(credential) {
      guard let key = try? Ed25519Key(pem: Secret(Array(credential.secret.utf8))),
        let bytes = Base64.decode(signature), key.verify(bytes, of: parameters.signedText)
      else { throw .signature }
      return
    }
    let signer = signers[credential.key] ?? HMACKey(.sha256, key: Array(credential.secret.utf8))
    signers[credential.key] = signer
    guard let bytes = Hex.decode(signature.lowercased()),
      ConstantTime.equal(signer.sign(parameters.signedText), bytes)
    else { throw .signature }
  }

  /// An Ed25519 credential keeps its private key as PEM in place of a secret.
  static func isEd25519(_ credential: VenueCredential) -> Bool {
    credential.secret.hasPrefix("-----BEGIN")
  }

  /// `timestamp` may be a second ahead, and as far behind as the request's window.
  func checkTime(_ parameters: BinanceParameters, at now: Int64) throws(BinanceError) {
    let text = try parameters.required("timestamp")
    guard let value = DecimalText.parse(text, scale: 0), value > 0 else {
      throw .illegal("timestamp", "^[0-9]{1,20}$")
    }
    let unit: Int64 = text.utf8.count > 14 ? 1_000 : 1_000_000
    let (sentAt, overflow) = value.multipliedReportingOverflow(by: unit)
    guard !overflow, sentAt < now + 1_000_000_000 else { throw .ahead }
    guard now - sentAt <= (try window(parameters)) else { throw .late }
  }

  /// The request's window in nanoseconds; five seconds if it names none.
  private func window(_ parameters: BinanceParameters) throws(BinanceError) -> Int64 {
    guard let text = parameters["recvWindow"] else { return 5_000_000_000 }
    guard let microseconds = DecimalText.parse(text, scale: 3), microseconds >= 0 else {
      throw .illegal("recvWindow", #"^([0-9]{1,5})(\.[0-9]{1,3})?$"#)
    }
    guard microseconds <= 60_000_000 else { throw .badWindow }
    return microseconds * 1_000
  }

  // MARK: - Counters

  /// Counts a request before it is looked at.
  mutating func count(_ cost: Int, at now: Int64) throws(BinanceError) {
    guard isCounting else { return }
    guard now >= bannedUntil else { throw ban }
    weight.add(cost, interval: Self.minute, at: now)
    guard weight.count > Limit.weight else { return }
    refusals.add(1, interval: Self.minute, at: now)
    if refusals.count > Limit.refusals {
      bannedUntil = now + 2 * Self.minute
      throw ban
    }
    throw Self.tooManyRequests(retryAt: weight.start + Self.minute)
  }

  /// Orders and cancels that succeed cost nothing.
  mutating func giveBack(_ cost: Int, at now: Int64) {
    weight.add(-cost, interval: Self.minute, at: now)
  }

  mutating func usedWeight(at now: Int64) -> Int {
    weight.roll(Self.minute, at: now)
    return weight.count
  }

  static func tooManyRequests(retryAt: Int64) -> BinanceError {
    var error = BinanceError(
      -1003,
      "Too much request weight used; current limit is \(Limit.weight) request weight per 1 MINUTE. "
        + "Please use WebSocket Streams for live updates to avoid polling the API.", status: 429)
    error.retryAt = retryAt
    return error
  }

  private var ban: BinanceError { Self.banned(until: bannedUntil) }

  static func banned(until time: Int64) -> BinanceError {
    var error = BinanceError(
      -1003,
      "Way too much request weight used; IP banned until \(time / 1_000_000). "
        + "Please use WebSocket Streams for live updates to avoid bans.", status: 418)
    error.retryAt = time
    return error
  }

  // MARK: - Unfilled orders

  /// Refuses an order while the account has too many unfilled ones.
  mutating func checkOrders(_ account: Int, at now: Int64) throws(BinanceError) {
    guard isCounting else { return }
    let counts = orderCounts(account, at: now)
    if counts.short >= Limit.ordersShort {
      throw Self.tooManyOrders(
        "\(Limit.ordersShort) orders per 10 SECOND", retryAt: now - now % Self.short + Self.short)
    }
    if counts.day >= Limit.ordersDay {
      throw Self.tooManyOrders(
        "\(Limit.ordersDay) orders per 1 DAY", retryAt: now - now % Self.day + Self.day)
    }
  }

  private static func tooManyOrders(_ limit: String, retryAt: Int64) -> BinanceError {
    var error = BinanceError(
      -1015, "Too many new orders; current limit is \(limit).", status: 429)
    error.retryAt = retryAt
    return error
  }

  /// Adds to the account's unfilled orders; an order's first fill takes some away.
  mutating func countOrder(_ account: Int, _ amount: Int, at now: Int64) {
    var windows = orders[account] ?? (Window(), Window())
    windows.short.add(amount, interval: Self.short, at: now)
    windows.day.add(amount, interval: Self.day, at: now)
    orders[account] = windows
  }

  mutating func orderCounts(_ account: Int, at now: Int64) -> (short: Int, day: Int) {
    countOrder(account, 0, at: now)
    let windows = orders[account] ?? (Window(), Window())
    return (windows.short.count, windows.day.count)
  }
}
