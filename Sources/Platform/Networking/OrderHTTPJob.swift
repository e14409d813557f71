internal import Wire

/// Whose prepared requests an `OrderHTTPClient` carries.
package protocol OrderHTTPOwner: AnyObject {
  /// Asked right before the bytes of a request leave; no withdraws it, and it was not sent.
  func mayLeave(_ ticket: Int) -> Bool
  /// Told once for each request, never inside `send`.
  func ended(_ ticket: Int, _ outcome: OrderHTTPOutcome)
}

/// Whom a lane tells what became of what it carried.
protocol OrderHTTPPassenger: AnyObject {
  func finish(_ outcome: OrderHTTPOutcome)
}

/// A request of an `OrderHTTPClient` that waits or is in flight.
///
/// One for a prepared request is used again and keeps its memory, so that sending allocates nothing.
final class OrderHTTPJob: OrderHTTPPassenger {
  enum Place {
    case waiting
    case carried(OrderHTTPLane)
    case done
  }

  enum Content {
    /// Built when a lane takes it.
    case made(() -> HTTPRequest?, (OrderHTTPOutcome) -> Void)
    /// Written out in `bytes`.
    case prepared(PreparedRequest, ticket: Int)
  }

  var timer: TimerID?
  var place = Place.waiting
  private(set) var content: Content
  private(set) var bytes: [UInt8] = []
  weak var client: OrderHTTPClient?
  private(set) weak var owner: (any OrderHTTPOwner)?
  private(set) lazy var onTimeout: () -> Void = { [weak self] in
    guard let self else { return }
    client?.expire(self)
  }
  private let loop: EventLoop

  init(
    _ prepare: @escaping () -> HTTPRequest?, _ completion: @escaping (OrderHTTPOutcome) -> Void,
    on loop: EventLoop
  ) {
    content = .made(prepare, completion)
    self.loop = loop
  }

  init(preparedOn loop: EventLoop) {
    content = .prepared(PreparedRequest(.post, start: 0, headers: 0, end: 0), ticket: 0)
    self.loop = loop
  }

  /// Takes a copy of the request, since it may have to wait for a lane.
  func take(
    _ request: PreparedRequest, in buffer: UnsafeRawBufferPointer, ticket: Int,
    client: OrderHTTPClient, owner: (any OrderHTTPOwner)?
  ) {
    bytes.removeAll(keepingCapacity: true)
    let whole = request.line.lowerBound..<request.remainder.upperBound
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[whole]))
    content = .prepared(request.alone, ticket: ticket)
    place = .waiting
    self.client = client
    self.owner = owner
  }

  func finish(_ outcome: OrderHTTPOutcome) {
    place = .done
    if let timer { loop.cancel(timer) }
    timer = nil
    switch content {
    case .made(_, let completion): completion(outcome)
    case .prepared(_, let ticket):
      let owner = owner
      client?.recycle(self)
      owner?.ended(ticket, outcome)
    }
  }
}

/// A request that nobody asked for; its answer only says that the connection lives.
final class OrderHTTPPing: OrderHTTPPassenger {
  private let onEnd: () -> Void

  init(_ onEnd: @escaping () -> Void) {
    self.onEnd = onEnd
  }

  func finish(_ outcome: OrderHTTPOutcome) { onEnd() }
}
