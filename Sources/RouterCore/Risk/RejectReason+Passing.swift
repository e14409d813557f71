extension RejectReason {
  /// Whether the same request may succeed later, so that its refusal is not remembered.
  ///
  /// Such a request was never taken on: a client that sends it again means it.
  var mayPass: Bool {
    switch self {
    case .halted, .noMarket, .openOrdersLimit: true
    default: false
    }
  }
}
