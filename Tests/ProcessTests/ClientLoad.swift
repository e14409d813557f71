import Foundation
import RouterService
import Simulation
import Synchronization
import Wire

/// Clients that submit, repeat, change and cancel orders, whatever becomes of the router meanwhile.
///
/// A request that was not answered is sent again under the same client order id, and so is now and
/// then one that was.
final class ClientLoad: @unchecked Sendable {
  struct Request: Sendable {
    let id: String
    let body: String
    let kind: OrderMix
    let symbol: String
    let isBuy: Bool
    /// The order that the first answer named.
    var order: String?
    var isRefused = false
    /// How many changes were answered with "accepted".
    var changeCount = 0

    var isAnswered: Bool { order != nil || isRefused }
  }

  private struct State {
    var requests: [Request] = []
    /// Requests whose orders may still be open.
    var open: [Int] = []
    var faults: [String] = []
    var touches: [String: OrderMix.Touch] = [:]
    var isPaused = true
    var isOver = false
    var busy = 0
  }

  private let state: Mutex<State>
  private let router: RouterProcess
  private let pauseMilliseconds: Int
  private let name: String

  init(router: RouterProcess, name: String, pauseMilliseconds: Int) {
    self.router = router
    self.name = name
    self.pauseMilliseconds = pauseMilliseconds
    state = Mutex(State())
  }

  func start(workers: Int, seed: UInt64) {
    for worker in 0..<workers {
      let thread = Thread { [self] in
        var random = SeededRandom(seed: seed &+ UInt64(worker) &* 7919)
        while !state.withLock({ $0.isOver }) { turn(worker, &random) }
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  /// Best prices, from the venues.
  func note(_ touches: [String: OrderMix.Touch]) {
    state.withLock { $0.touches = touches }
  }

  func resume() {
    state.withLock { $0.isPaused = false }
  }

  /// Returns when no request is under way.
  func pause() {
    state.withLock { $0.isPaused = true }
    while state.withLock({ $0.busy > 0 }) { Thread.sleep(forTimeInterval: 0.005) }
  }

  func finish() {
    pause()
    state.withLock { $0.isOver = true }
  }

  var requests: [Request] { state.withLock { $0.requests } }
  var faults: [String] { state.withLock { $0.faults } }

  /// Sends what has no answer again, until everything has one.
  func settle() throws {
    try router.wait("every request is answered") {
      let open = requests.indices.filter { !requests[$0].isAnswered }
      for index in open { send(index) }
      return open.isEmpty
    }
  }

  // MARK: One turn

  private func turn(_ worker: Int, _ random: inout SeededRandom) {
    let mayGo = state.withLock { state in
      if state.isPaused { return false }
      state.busy += 1
      return true
    }
    guard mayGo else { return Thread.sleep(forTimeInterval: 0.01) }
    switch random.below(20) {
    case 0, 1: cancelOne(&random)
    case 2...4: changeOne(&random)
    case 5...9: repeatOne(&random)
    case 10: readTouch(random.below(2) == 0 ? "BTC-USD" : "ETH-USD")
    default: send(makeRequest(worker, &random))
    }
    state.withLock { $0.busy -= 1 }
    Thread.sleep(forTimeInterval: Double(random.below(2 * pauseMilliseconds)) / 1000)
  }

  /// Prefers a request that has no answer.
  private func repeatOne(_ random: inout SeededRandom) {
    let requests = requests
    guard !requests.isEmpty else { return }
    let unanswered = requests.indices.suffix(200).filter { !requests[$0].isAnswered }
    send(unanswered.first ?? random.below(requests.count))
  }

  private func cancelOne(_ random: inout SeededRandom) {
    let order = state.withLock { state -> String? in
      guard !state.open.isEmpty else { return nil }
      return state.requests[state.open.remove(at: random.below(state.open.count))].order
    }
    guard let order, let client = try? router.client() else { return }
    do {
      _ = try client.delete("/v1/orders/\(order)")
    } catch {
      noteUnlessKnown(order, error)
    }
  }

  private func changeOne(_ random: inout SeededRandom) {
    let choice = state.withLock { state -> (index: Int, order: String, body: String)? in
      let lasting = state.open.filter { state.requests[$0].kind.isLasting }
      guard !lasting.isEmpty else { return nil }
      let index = lasting[random.below(lasting.count)]
      let request = state.requests[index]
      guard let order = request.order, let touch = state.touches[request.symbol] else { return nil }
      let body = request.kind.change(
        isBuy: request.isBuy, touch, quantity: Self.quantity(request.symbol, &random), &random)
      return (index, order, body)
    }
    guard let choice, let client = try? router.client() else { return }
    do {
      _ = try client.patch("/v1/orders/\(choice.order)", Array(choice.body.utf8))
      state.withLock { $0.requests[choice.index].changeCount += 1 }
    } catch {
      noteUnlessKnown(choice.order, error)
    }
  }

  /// That an order is over is an answer; that there is none would be a loss.
  private func noteUnlessKnown(_ order: String, _ error: any Error) {
    guard case ClientFailure.refused(let status, let problem) = error else { return }
    let isLate = status == 400 && problem["field"]?.string == "stop_price"
    guard status == 400 || status == 404, !isLate else { return }
    state.withLock { $0.faults.append("order \(order) got \(status): \(error)") }
  }

  private func readTouch(_ symbol: String) {
    guard let book = try? router.client().get("/v1/books/\(symbol)?depth=1"),
      let bid = Self.units(book["bids"]), let ask = Self.units(book["asks"])
    else { return }
    state.withLock { $0.touches[symbol] = OrderMix.Touch(bid: bid, ask: ask + 1) }
  }

  private static func units(_ levels: JSONValue?) -> Int64? {
    levels?[0]?[0]?.text?.split(separator: ".").first.flatMap { Int64($0) }
  }

  private func send(_ index: Int) {
    let request = state.withLock { $0.requests[index] }
    do {
      let answer = try router.client().post("/v1/orders", Array(request.body.utf8))
      note(index, answer["id"]?.string ?? "", answer["client_order_id"]?.string)
    } catch ClientFailure.refused(let status, let problem) where status != 503 && status != 409 {
      state.withLock { state in
        if let order = state.requests[index].order {
          state.faults.append("\(request.id) was order \(order) and is refused: \(problem)")
        }
        if status == 400 {
          state.faults.append("no such order is taken: \(request.body) \(problem)")
        }
        state.requests[index].isRefused = true
      }
    } catch ClientFailure.refused(409, let problem)
      where problem["type"]?.string?.contains("in-flight") != true
    {
      state.withLock { $0.faults.append("\(request.id) got 409: \(problem)") }
    } catch {
      // Not answered: the same request goes again.
    }
  }

  private func note(_ index: Int, _ order: String, _ id: String?) {
    state.withLock { state in
      let request = state.requests[index]
      if let known = request.order, known != order {
        state.faults.append("\(request.id) was order \(known) and is now \(order)")
      }
      if request.isRefused { state.faults.append("\(request.id) was refused and is now \(order)") }
      if id != request.id { state.faults.append("\(request.id) was answered as \(id ?? "-")") }
      if request.order == nil { state.open.append(index) }
      if state.open.count > 30 { state.open.removeFirst() }
      state.requests[index].order = order
    }
  }

  private func makeRequest(_ worker: Int, _ random: inout SeededRandom) -> Int {
    let symbol = random.below(3) == 0 ? "ETH-USD" : "BTC-USD"
    let isBuy = random.below(2) == 0
    let kind = OrderMix.draw(&random)
    let quantity = Self.quantity(symbol, &random)
    return state.withLock { state in
      let id = "\(name)-\(worker)-\(state.requests.count)"
      let touch = state.touches[symbol] ?? OrderMix.Touch(bid: 1, ask: 1)
      let terms = kind.terms(isBuy: isBuy, touch, &random)
      let body =
        #"{"client_order_id":"\#(id)","symbol":"\#(symbol)","side":"\#(isBuy ? "buy" : "sell")","#
        + #""quantity":"\#(quantity)",\#(terms)}"#
      state.requests.append(
        Request(id: id, body: body, kind: kind, symbol: symbol, isBuy: isBuy))
      return state.requests.count - 1
    }
  }

  private static func quantity(_ symbol: String, _ random: inout SeededRandom) -> String {
    let units = symbol == "BTC-USD" ? 1 + random.below(15) : 10 + random.below(200)
    return DecimalText.format(Int64(units), scale: 2)
  }
}
