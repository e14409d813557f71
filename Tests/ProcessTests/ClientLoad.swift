import Foundation
import RouterService
import Simulation
import Synchronization
import Wire

/// Clients that submit, repeat and cancel orders, whatever becomes of the router meanwhile.
///
/// A request that was not answered is sent again under the same client order id, and so is now and
/// then one that was.
final class ClientLoad: @unchecked Sendable {
  struct Request: Sendable {
    let id: String
    let body: String
    /// The order that the first answer named.
    var order: String?
    var isRefused = false

    var isAnswered: Bool { order != nil || isRefused }
  }

  struct Touch: Sendable {
    var bid: Int64
    var ask: Int64
  }

  private struct State {
    var requests: [Request] = []
    var open: [String] = []
    var faults: [String] = []
    var touches: [String: Touch] = [:]
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

  /// Best prices in whole units, from the venues.
  func note(_ touches: [String: Touch]) {
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
    switch random.below(10) {
    case 0: cancelOne(&random)
    case 1...3: repeatOne(&random)
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
      return state.open.remove(at: random.below(state.open.count))
    }
    guard let order, let client = try? router.client() else { return }
    _ = try? client.delete("/v1/orders/\(order)")
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
      if request.order == nil { state.open.append(order) }
      if state.open.count > 30 { state.open.removeFirst() }
      state.requests[index].order = order
    }
  }

  // MARK: Orders of every kind

  private func makeRequest(_ worker: Int, _ random: inout SeededRandom) -> Int {
    let symbol = random.below(3) == 0 ? "ETH-USD" : "BTC-USD"
    let isBuy = random.below(2) == 0
    let units = symbol == "BTC-USD" ? 1 + random.below(15) : 10 + random.below(200)
    return state.withLock { state in
      let id = "\(name)-\(worker)-\(state.requests.count)"
      let touch = state.touches[symbol] ?? Touch(bid: 1, ask: 1)
      let terms = Self.terms(isBuy: isBuy, touch, &random)
      let body =
        #"{"client_order_id":"\#(id)","symbol":"\#(symbol)","side":"\#(isBuy ? "buy" : "sell")","#
        + #""quantity":"\#(DecimalText.format(Int64(units), scale: 2))",\#(terms)}"#
      state.requests.append(Request(id: id, body: body))
      return state.requests.count - 1
    }
  }

  private static func terms(
    isBuy: Bool, _ touch: Touch, _ random: inout SeededRandom
  ) -> String {
    let through = isBuy ? touch.ask * 101 / 100 : touch.bid * 99 / 100
    let behind = isBuy ? touch.bid * 985 / 1000 : touch.ask * 1015 / 1000
    let beside = isBuy ? touch.bid : touch.ask
    switch random.below(10) {
    case 0, 1: return #""type":"market","time_in_force":"gtc","expires_in_ms":20000"#
    case 2: return #""type":"market","time_in_force":"ioc""#
    case 3: return #""type":"limit","limit_price":"\#(through)","time_in_force":"ioc""#
    case 4: return #""type":"limit","limit_price":"\#(through)","time_in_force":"fok""#
    case 5: return #""type":"limit","limit_price":"\#(through)","time_in_force":"gtc""#
    case 6:
      return
        #""type":"limit","limit_price":"\#(behind)","time_in_force":"gtd","expires_in_ms":4000"#
    case 7: return #""type":"limit","limit_price":"\#(behind)","time_in_force":"gtc""#
    case 8:
      return
        #""type":"limit","limit_price":"\#(beside)","routing":{"passive_ms":2000},"#
        + #""time_in_force":"gtd","expires_in_ms":6000"#
    default:
      return
        #""type":"market","time_in_force":"gtc","expires_in_ms":20000,"#
        + #""routing":{"arrival":"sequential"}"#
    }
  }
}
