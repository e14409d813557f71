import Platform
import Simulation
import Wire

/// Who may do what, and how often: signatures, nonces, tokens and counters.
struct KrakenGate {
  /// The limits of the tier "Pro".
  enum Tier {
    static let restMaximum = 20.0
    static let restDecayPerSecond = 1.0
    static let engineThreshold = 180.0
    static let engineDecayPerSecond = 3.75
  }

  private struct Counter {
    var value = 0.0
    var updatedAt: Int64 = 0

    mutating func decay(to now: Int64, perSecond rate: Double) {
      value = max(0, value - Double(max(now - updatedAt, 0)) / 1e9 * rate)
      updatedAt = max(now, updatedAt)
    }
  }

  private struct Token {
    var credential: VenueCredential
    let issuedAt: Int64
    var isInUse = false

    func isValid(at now: Int64) -> Bool {
      isInUse || issuedAt + KrakenGate.tokenSeconds * 1_000_000_000 > now
    }
  }

  let context: VenueContext
  private var nonces: [String: UInt64] = [:]
  private var failures: [String: Int] = [:]
  private var lockedUntil: [String: Int64] = [:]
  private var restCounters: [String: Counter] = [:]
  private var engineCounters: [String: Counter] = [:]
  private var tokens: [String: Token] = [:]
  private var signers: [String: HMACKey] = [:]

  init(context: VenueContext) { self.context = context }

  // MARK: REST

  /// Checks key, signature and nonce of a private REST request.
  mutating func authenticate(
    _ request: HTTPRequest, _ parameters: KrakenParameters, at now: Int64
  ) throws(KrakenError) -> VenueCredential {
    guard let key = request.headers["API-Key"], let credential = context.credential(key: key)
    else { throw .invalidKey }
    if let until = lockedUntil[key], until > now { throw .lockout }
    guard let text = parameters["nonce"], let nonce = UInt64(text) else { throw .invalidNonce }
    guard isSigned(request, nonce: text, by: credential) else {
      noteFailure(key, at: now)
      throw .invalidSignature
    }
    guard nonce > nonces[key] ?? 0 else { throw .invalidNonce }
    nonces[key] = nonce
    failures[key] = 0
    return credential
  }

  func nonce(of credential: VenueCredential) -> UInt64 { nonces[credential.key] ?? 0 }

  /// HMAC-SHA512 under the decoded secret of the path and SHA256 of nonce and body.
  private mutating func isSigned(
    _ request: HTTPRequest, nonce: String, by credential: VenueCredential
  ) -> Bool {
    guard let sign = request.headers["API-Sign"].flatMap(Base64.decode),
      let secret = Base64.decode(credential.secret)
    else { return false }
    let signer = signers[credential.key] ?? HMACKey(.sha512, key: secret)
    signers[credential.key] = signer
    let inner = Digest.sha256(Array(nonce.utf8) + request.body)
    return ConstantTime.equal(signer.sign(Array(request.path.utf8) + inner), sign)
  }

  private mutating func noteFailure(_ key: String, at now: Int64) {
    failures[key, default: 0] += 1
    if failures[key, default: 0] >= 30 {
      failures[key] = 0
      lockedUntil[key] = now + 900_000_000_000
    }
  }

  /// Counts a private REST call.
  mutating func countCall(
    _ credential: VenueCredential, cost: Double, at now: Int64
  ) throws(KrakenError) {
    guard context.options.enforcesRateLimits, cost > 0 else { return }
    var counter = restCounters[credential.key] ?? Counter()
    counter.decay(to: now, perSecond: Tier.restDecayPerSecond)
    counter.value += cost
    let isOver = counter.value > Tier.restMaximum
    // Going on does not make it worse without bound.
    counter.value = min(counter.value, Tier.restMaximum + 5)
    restCounters[credential.key] = counter
    if isOver { throw .rateLimit }
  }

  // MARK: The engine's counter, per account and pair

  /// Counts an add, amend or cancel on receipt, even if it is refused afterwards.
  mutating func countOrder(
    _ account: Int, _ instrument: Int, cost: Double, at now: Int64
  ) throws(KrakenError) {
    guard context.options.enforcesRateLimits else { return }
    let key = "\(account) \(instrument)"
    var counter = engineCounters[key] ?? Counter()
    counter.decay(to: now, perSecond: Tier.engineDecayPerSecond)
    let isOver = counter.value + cost > Tier.engineThreshold
    if !isOver { counter.value += cost }
    engineCounters[key] = counter
    if isOver { throw .orderRateLimit }
  }

  /// What cancelling an order of this age costs.
  static func cancelCost(ageNanoseconds: Int64) -> Double {
    switch ageNanoseconds / 1_000_000_000 {
    case ..<5: 8
    case ..<10: 6
    case ..<15: 5
    case ..<45: 4
    case ..<90: 2
    case ..<300: 1
    default: 0
    }
  }

  /// What amending an order of this age costs.
  static func amendCost(ageNanoseconds: Int64) -> Double {
    switch ageNanoseconds / 1_000_000_000 {
    case ..<5: 4
    case ..<10: 3
    case ..<15: 2
    default: 1
    }
  }

  // MARK: WebSocket tokens

  static let tokenSeconds: Int64 = 900

  mutating func issueToken(_ credential: VenueCredential, at now: Int64) -> String {
    for (token, entry) in tokens where !entry.isValid(at: now) { tokens[token] = nil }
    let token = Base64.encode(tokenBytes(at: now))
    tokens[token] = Token(credential: credential, issuedAt: now)
    return token
  }

  private func tokenBytes(at now: Int64) -> [UInt8] {
    guard let seed = context.options.tokenSeed else { return SecureRandom.bytes(33) }
    var random = SeededRandom(
      seed: seed ^ UInt64(bitPattern: now) ^ SeededRandom.hash(UInt64(tokens.count)))
    return (0..<33).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// The credential behind a token, which does not expire while a subscription uses it.
  func credential(token: String?, at now: Int64) throws(KrakenError) -> VenueCredential {
    guard let token, let entry = tokens[token], entry.isValid(at: now) else {
      throw .invalidSession
    }
    return entry.credential
  }

  mutating func setInUse(_ isInUse: Bool, token: String) {
    tokens[token]?.isInUse = isInUse
  }

  mutating func reset() {
    engineCounters = [:]
    restCounters = [:]
    lockedUntil = [:]
    failures = [:]
  }
}
