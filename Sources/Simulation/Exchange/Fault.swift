/// A way in which a simulated venue misbehaves on purpose.
package enum FaultKind: String, Sendable, CaseIterable {
  /// Answers are delayed by `milliseconds`.
  case latency
  /// New connections are closed at once.
  case refuseConnections
  /// A 5xx answer; the request was not applied, or it was.
  case serverErrorBefore, serverErrorAfter
  /// 429 or 418 with a retry time of `milliseconds`.
  case tooManyRequests, banned
  /// The request is applied and the connection closed without an answer.
  case acknowledgementLost
  /// The connection is closed before the request is read by the engine.
  case requestLost
  case dropStreams
  /// One book update is left out, or carries a wrong checksum.
  case sequenceGap, wrongChecksum
  case duplicateFills
  /// Account events are held back by `milliseconds`.
  case lateFills
  /// Account events are lost.
  case silentPrivateStream
  /// Market data stops without the connection closing.
  case silentMarketData
  /// The instrument is halted for the duration.
  case halted
}

/// Which requests a fault concerns.
package enum RequestKind: String, Sendable, CaseIterable {
  case marketData, orderEntry, cancel, query, session
}

/// Which way a request came.
package enum RequestTransport: String, Sendable, CaseIterable {
  case http, socket
}

package struct Fault: Sendable {
  package var kind: FaultKind
  /// How many times it strikes; nil is without limit.
  package var count: Int?
  /// Until when, in the venue's time; nil is without limit.
  package var until: Int64?
  package var milliseconds: Int64 = 0
  /// Which requests are struck; nil is all of them.
  package var request: RequestKind?
  /// Confined to requests that came this way; nil is both.
  package var transport: RequestTransport?
  /// The neutral symbol it is confined to; nil is all.
  package var symbol: String?

  package init(_ kind: FaultKind, count: Int? = nil, until: Int64? = nil) {
    self.kind = kind
    self.count = count
    self.until = until
  }
}

/// The faults that are armed at one venue.
package struct FaultPlan: Sendable {
  package private(set) var faults: [Fault] = []
  /// How often each kind has struck, for the record.
  package private(set) var strikes = [Int](repeating: 0, count: FaultKind.allCases.count)

  package init() {}

  package mutating func add(_ fault: Fault) { faults.append(fault) }

  package mutating func clear() { faults.removeAll() }

  /// Whether a fault is armed, without using it up.
  package func isActive(_ kind: FaultKind, at time: Int64, symbol: String? = nil) -> Bool {
    faults.contains { applies($0, kind, nil, symbol, at: time) }
  }

  /// Uses up one strike of the first armed fault of a kind.
  package mutating func take(
    _ kind: FaultKind, at time: Int64, request: RequestKind? = nil,
    over transport: RequestTransport? = nil, symbol: String? = nil
  ) -> Fault? {
    guard !faults.isEmpty else { return nil }
    faults.removeAll { ($0.until.map { $0 <= time } ?? false) || $0.count == 0 }
    let struck = faults.firstIndex { fault in
      applies(fault, kind, request, symbol, at: time)
        && (fault.transport == nil || transport == nil || fault.transport == transport)
    }
    guard let index = struck else { return nil }
    if let count = faults[index].count { faults[index].count = count - 1 }
    strikes[FaultKind.allCases.firstIndex(of: kind) ?? 0] += 1
    return faults[index]
  }

  private func applies(
    _ fault: Fault, _ kind: FaultKind, _ request: RequestKind?, _ symbol: String?, at time: Int64
  ) -> Bool {
    fault.kind == kind && fault.count != 0 && (fault.until.map { $0 > time } ?? true)
      && (fault.request == nil || request == nil || fault.request == request)
      && (fault.symbol == nil || symbol == nil || fault.symbol == symbol)
  }
}
