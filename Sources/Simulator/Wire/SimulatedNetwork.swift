internal import Simulation

/// The way between one router and one venue, in virtual time.
///
/// It keeps what is to happen at either end, too, so that everything about a venue has one order.
final class SimulatedNetwork {
  /// What may befall a message that the router writes.
  enum Mishap: CaseIterable {
    case requestLoss, replyLoss, cut, stall
  }

  var schedule = WireSchedule()
  private(set) var now: Int64
  var random: SeededRandom
  let faults: WireFaults
  /// Off: what is broken stays so, but nothing new breaks.
  var isFaulty = true
  /// How often each mishap struck, for the record.
  private(set) var mishaps = 0

  init(faults: WireFaults, seed: UInt64, now: Int64) {
    self.faults = faults
    self.now = now
    random = SeededRandom(seed: seed)
  }

  // MARK: Time

  func step() {
    guard let (time, body) = schedule.removeFirst() else { return }
    now = max(now, time)
    body()
  }

  func setTime(_ time: Int64) { now = max(now, time) }

  func after(_ nanoseconds: Int64, _ body: @escaping () -> Void) {
    schedule.add(at: now + max(0, nanoseconds), body)
  }

  /// Nothing more happens.
  func shutDown() { schedule.removeAll() }

  // MARK: Chance

  /// How long one message takes one way.
  func latency() -> Int64 { faults.latency + draw(from: 0, to: faults.jitter) }

  /// A uniform number, both ends included.
  func draw(from low: Int64, to high: Int64) -> Int64 {
    low + Int64(random.below(Int(max(0, high - low)) + 1))
  }

  func strikes(_ partsPerTenThousand: Int) -> Bool {
    guard isFaulty, partsPerTenThousand > 0 else { return false }
    return random.below(10_000) < partsPerTenThousand
  }

  /// Whether something of a mean interval happens by chance, and when.
  func interval(meanSeconds: Int) -> Int64? {
    guard meanSeconds > 0 else { return nil }
    return Int64(random.exponential() * Double(meanSeconds) * 1e9)
  }

  // MARK: Connections

  /// Opens a connection after the two messages of a handshake; `decide` runs at the venue.
  func connect(
    timeout: Int64, decide: @escaping (SimulatedConnection) -> Bool,
    done: @escaping (SimulatedConnection?) -> Void
  ) {
    if strikes(faults.unanswered) { return after(timeout) { done(nil) } }
    let isRefused = strikes(faults.refusal)
    after(latency()) { [self] in
      let connection = SimulatedConnection(network: self)
      guard !isRefused, decide(connection) else { return after(latency()) { done(nil) } }
      // It may break before the router hears of it.
      connection.onClose[WireSide.router.rawValue] = { done(nil) }
      // What the venue says from now on comes behind this.
      connection.send(from: .venue) { done(connection) }
      age(connection)
    }
  }

  private func age(_ connection: SimulatedConnection) {
    guard let wait = interval(meanSeconds: faults.secondsBetweenResets) else { return }
    after(wait) { [self, weak connection] in
      guard isFaulty, let connection else { return }
      connection.reset()
    }
  }

  /// Writes a message of the router's, which may go wrong.
  func write(_ connection: SimulatedConnection, _ arrive: @escaping () -> Void) {
    switch drawMishap() {
    case .requestLoss:
      connection.lose(to: .venue)
      resetLater(connection)
    case .replyLoss:
      connection.send(from: .router, arrive)
      connection.lose(to: .router)
      return resetLater(connection)
    case .cut:
      connection.lose(to: .venue)
      connection.reset()
    case .stall:
      connection.stall(
        to: random.below(2) == 0 ? .venue : .router,
        for: draw(from: 200_000_000, to: 8_000_000_000))
    case nil: break
    }
    connection.send(from: .router, arrive)
  }

  private func drawMishap() -> Mishap? {
    var mishap: Mishap?
    if strikes(faults.requestLoss) { mishap = .requestLoss }
    if strikes(faults.replyLoss) { mishap = .replyLoss }
    if strikes(faults.cut) { mishap = .cut }
    if strikes(faults.stall) { mishap = .stall }
    if mishap != nil { mishaps += 1 }
    return mishap
  }

  /// The kernel gives a dead connection up after a while.
  private func resetLater(_ connection: SimulatedConnection) {
    after(draw(from: 50_000_000, to: 15_000_000_000)) { connection.reset() }
  }
}
