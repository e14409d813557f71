/// A moment on the way from a venue's or client's bytes to the last fill, in order of time.
///
/// The names `t0` ... are those of the latency budget; `r0` and `r1` begin what a client's request
/// causes, `j` is when the facts of an order may be acted on.
enum StagePoint: Int, CaseIterable, Sendable {
  /// `t0`: the venue made the update, in our clock as well as we know it.
  case exchange = 0
  /// `t1`: the read that completed the frame.
  case bytesRead
  /// `t2`: the adapter has made the events.
  case decoded
  /// `t3`: the books are changed.
  case applied
  /// `r0`: the read that completed the client's request.
  case requestRead
  /// `r1`: the core thread has taken it.
  case taken
  /// `t4`.
  case decisionStart
  /// `t5`: the core has answered, with the child in its outbox.
  case planReady
  /// `j`: its facts are safe, and the turn in which it leaves has begun.
  case factsSafe
  /// `t6`: it has passed its last gate.
  case released
  /// `t7`: it is encoded and signed.
  case signed
  /// `t8`: its last byte is handed to the kernel.
  case written
  /// `t9`: the read that completed the venue's first word about it.
  case acknowledged
  /// `t10`.
  case firstFill
  /// `t11`.
  case lastFill

  /// As the latency budget names it.
  var label: String { Self.labels[rawValue] }

  private static let labels = [
    "t0", "t1", "t2", "t3", "r0", "r1", "t4", "t5", "j", "t6", "t7", "t8", "t9", "t10", "t11",
  ]

  /// The step that ends here; nothing ends at what begins a way.
  var stage: Stage? {
    switch self {
    case .exchange, .requestRead: nil
    case .bytesRead: .feed
    case .decoded: .decode
    case .applied: .apply
    case .taken: .handover
    case .decisionStart: .gather
    case .planReady: .decide
    case .factsSafe: .journal
    case .released: .gate
    case .signed: .sign
    case .written: .write
    case .acknowledged: .acknowledge
    case .firstFill: .firstFill
    case .lastFill: .lastFill
    }
  }
}

/// A step between a stamp and the one before it, so that the steps of a child have no gap.
enum Stage: Int, CaseIterable, Sendable {
  case feed = 0
  case decode
  case apply
  /// From the API's thread to the core's.
  case handover
  /// Until all market data of the turn is in.
  case gather
  case decide
  case journal
  /// The last gate, with what leaves before it in the same turn.
  case gate
  case sign
  /// A free connection, the bytes of the request, TLS and the kernel.
  case write
  case acknowledge
  case firstFill
  case lastFill

  var name: String { Self.names[rawValue] }

  private static let names = [
    "feed", "decode", "apply", "handover", "gather", "decide", "journal", "gate", "sign", "write",
    "acknowledge", "first_fill", "last_fill",
  ]
}

/// A way of several stages, measured whole, because quantiles do not add.
enum StagePath: Int, CaseIterable, Sendable {
  /// `t1` of the causing frame to `t8`.
  case tickToOrder = 0
  /// `r0` to `t8` of the first child.
  case requestToOrder
  /// `t4` to `t8`.
  case decisionToOrder

  var name: String { Self.names[rawValue] }

  private static let names = ["tick_to_order", "request_to_order", "decision_to_order"]
}
