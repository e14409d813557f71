/// Whether a peer sends its request fast enough (against "slowloris" attacks).
struct RequestPace {
  enum Verdict {
    case sound
    /// Nothing of a request has come for too long.
    case silent
    /// A request was begun and comes too slowly.
    case slow
  }

  private enum Stage {
    case idle(since: Int64)
    case head(since: Int64)
    case body(since: Int64, bytes: Int)
  }

  private static let rateCheckNanoseconds: Int64 = 1_000_000_000

  private let headerNanoseconds: Int64
  private let idleNanoseconds: Int64
  private let graceNanoseconds: Int64
  private let bytesPerSecond: Int64
  private let start: Int64
  private var nextRateCheck = Int64.max
  private var stage: Stage
  /// Of the last read; what came with the end of the head counts for the body.
  private var lastCount = 0

  init(limits: HTTPServerLimits, now: Int64) {
    headerNanoseconds = Self.nanoseconds(limits.headerMilliseconds)
    idleNanoseconds = Self.nanoseconds(limits.idleMilliseconds)
    graceNanoseconds = Self.nanoseconds(limits.bodyGraceMilliseconds)
    bytesPerSecond = Int64(min(max(limits.bodyBytesPerSecond, 0), 1 << 30))
    start = now
    stage = .idle(since: now)
  }

  mutating func received(_ count: Int, at now: Int64) {
    lastCount = count
    switch stage {
    case .idle: stage = .head(since: now)
    case .head: break
    case .body(let since, let bytes): stage = .body(since: since, bytes: bytes + count)
    }
  }

  /// Notes how far the parser has come.
  ///
  /// - Returns: True when the head has just been completed and the body is still to come.
  mutating func note(isMidMessage: Bool, headIsComplete: Bool, at now: Int64) -> Bool {
    switch stage {
    case .idle where isMidMessage: stage = .head(since: now)
    case .head where !isMidMessage: stage = .idle(since: now)
    default: break
    }
    guard case .head = stage, headIsComplete else { return false }
    stage = .body(since: now, bytes: lastCount)
    nextRateCheck = now + graceNanoseconds
    return true
  }

  mutating func messageEnded(at now: Int64) {
    stage = .idle(since: now)
  }

  func deadline(_ isEstablished: Bool) -> Int64 {
    switch stage {
    case .idle(let since): isEstablished ? since + idleNanoseconds : start + headerNanoseconds
    case .head(let since): since + headerNanoseconds
    case .body: nextRateCheck
    }
  }

  mutating func verdict(at now: Int64, isEstablished: Bool) -> Verdict {
    guard now >= deadline(isEstablished) else { return .sound }
    switch stage {
    case .idle: return .silent
    case .head: return .slow
    case .body(let since, let bytes):
      nextRateCheck = now + Self.rateCheckNanoseconds
      let seconds = (now - since - graceNanoseconds) / 1_000_000_000 + 1
      return Int64(bytes) / max(seconds, 1) < bytesPerSecond ? .slow : .sound
    }
  }

  private static func nanoseconds(_ milliseconds: Int) -> Int64 {
    Int64(min(max(milliseconds, 0), 1 << 40)) * 1_000_000
  }
}
