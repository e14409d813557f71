internal import RouterCore

/// An order as a model venue keeps it.
struct ModelOrder {
  enum State {
    case open, filled, canceled, expired, rejected
  }

  struct Execution {
    var number: Int
    var quantity: Int64
    var price: Int64
    var fee: Int128
    var feeAsset: AssetID
    var isMaker: Bool
    var at: Timestamp
  }

  let order: NewChildOrder
  let number: Int
  let acceptedAt: Timestamp
  var state = State.open
  var endedAt = Timestamp.distantFuture
  var executions: [Execution] = []
  var filled: Int64 = 0
  /// Filled in excess, or after its end was told.
  var isLie = false

  var leaves: Int64 { state == .open ? max(order.quantity.mantissa - filled, 0) : 0 }

  func filled(by time: Timestamp) -> Int64 {
    executions.reduce(0) { $1.at <= time ? $0 + $1.quantity : $0 }
  }

  mutating func end(_ state: State, at now: Timestamp) {
    self.state = state
    endedAt = now
  }
}
