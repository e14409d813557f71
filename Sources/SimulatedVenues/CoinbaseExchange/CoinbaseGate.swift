import Platform
import Simulation
import Wire

/// Who may do what, and how often: signatures, timestamps, permissions and buckets.
struct CoinbaseGate {
  /// Tokens that come back with time; a call takes one.
  private struct Bucket {
    let rate: Double
    let burst: Double
    var tokens: Double
    var updatedAt: Int64 = 0

    init(rate: Double, burst: Double) {
      self.rate = rate
      self.burst = burst
      tokens = burst
    }

    mutating func take(at now: Int64) -> Bool {
      if updatedAt > 0 {
        tokens = min(burst, tokens + Double(max(now - updatedAt, 0)) / 1e9 * rate)
      }
      updatedAt = max(now, updatedAt)
      guard tokens >= 1 else { return false }
      tokens -= 1
      return true
    }
  }

  private static let toleranceNanoseconds: Int64 = 30_000_000_000

  let context: VenueContext
  /// The host does not say who calls, so all public calls are of one address.
  private var publicCalls = Bucket(rate: 10, burst: 15)
  private var privateCalls: [String: Bucket] = [:]
  private var fillCalls: [String: Bucket] = [:]
  private var signers: [String: HMACKey] = [:]

  init(context: VenueContext) { self.context = context }

  // MARK: Identity

  /// Checks the four headers of a private REST request.
  mutating func authenticate(
    _ request: HTTPRequest, at now: Int64
  ) throws(CoinbaseError) -> VenueCredential {
    let key = try header("CB-ACCESS-KEY", request)
    let signature = try header("CB-ACCESS-SIGN", request)
    let timestamp = try header("CB-ACCESS-TIMESTAMP", request)
    let passphrase = try header("CB-ACCESS-PASSPHRASE", request)
    let prehash = timestamp + request.method + request.target
    return try verify(
      key: key, signature: signature, timestamp: timestamp, passphrase: passphrase,
      Array(prehash.utf8) + request.body, at: now)
  }

  /// Checks the signature inside a subscribe message.
  mutating func authenticate(
    _ message: JSONValue, at now: Int64
  ) throws(CoinbaseError) -> VenueCredential? {
    guard let signature = message["signature"]?.string else { return nil }
    guard let key = message["key"]?.string else { throw .invalidKey }
    guard let timestamp = message["timestamp"]?.text else { throw .expired }
    return try verify(
      key: key, signature: signature, timestamp: timestamp,
      passphrase: message["passphrase"]?.string ?? "",
      Array("\(timestamp)GET/users/self/verify".utf8), at: now)
  }

  private func header(_ name: String, _ request: HTTPRequest) throws(CoinbaseError) -> String {
    guard let value = request.headers[name], !value.isEmpty else { throw .required(name) }
    return value
  }

  private mutating func verify(
    key: String, signature: String, timestamp: String, passphrase: String, _ prehash: [UInt8],
    at now: Int64
  ) throws(CoinbaseError) -> VenueCredential {
    guard let credential = context.credential(key: key) else { throw .invalidKey }
    guard let time = DecimalText.parse(timestamp, scale: 9) else {
      throw .invalid("CB-ACCESS-TIMESTAMP")
    }
    let (age, overflow) = now.subtractingReportingOverflow(time)
    guard !overflow, age.magnitude <= UInt64(Self.toleranceNanoseconds) else { throw .expired }
    guard ConstantTime.equal(Array(credential.passphrase.utf8), Array(passphrase.utf8)) else {
      throw .invalidPassphrase
    }
    guard let sent = Base64.decode(signature), let signer = signer(credential),
      ConstantTime.equal(signer.sign(prehash), sent)
    else { throw .invalidSignature }
    return credential
  }

  private mutating func signer(_ credential: VenueCredential) -> HMACKey? {
    if let known = signers[credential.key] { return known }
    guard let secret = Base64.decode(credential.secret) else { return nil }
    let signer = HMACKey(.sha256, key: secret)
    signers[credential.key] = signer
    return signer
  }

  func require(_ permission: String, _ credential: VenueCredential) throws(CoinbaseError) {
    guard credential.grants(permission) else { throw .forbidden }
  }

  // MARK: Limits

  mutating func countPublic(at now: Int64) throws(CoinbaseError) {
    guard context.options.enforcesRateLimits else { return }
    guard publicCalls.take(at: now) else { throw .publicRateLimit }
  }

  /// Counts a private call of a profile; fills have a bucket of their own.
  mutating func countPrivate(
    _ credential: VenueCredential, isFills: Bool, at now: Int64
  ) throws(CoinbaseError) {
    guard context.options.enforcesRateLimits else { return }
    let isAllowed =
      isFills
      ? fillCalls[credential.account, default: Bucket(rate: 10, burst: 20)].take(at: now)
      : privateCalls[credential.account, default: Bucket(rate: 15, burst: 30)].take(at: now)
    guard isAllowed else { throw .privateRateLimit }
  }

  mutating func reset() {
    publicCalls = Bucket(rate: 10, burst: 15)
    privateCalls = [:]
    fillCalls = [:]
  }
}
