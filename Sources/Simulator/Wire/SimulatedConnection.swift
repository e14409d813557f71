internal import Simulation

/// Which end of a connection.
enum WireSide: Int {
  case router = 0
  case venue = 1

  var other: WireSide { self == .router ? .venue : .router }
}

/// One TCP connection between router and venue: what is written arrives once, in order, or not.
///
/// The side that is told of an end is told once. Bytes are whole messages here: one that is cut in
/// half is one that does not arrive, and its sender can not tell.
final class SimulatedConnection {
  private struct Direction {
    /// No message arrives before the one in front of it.
    var clear: Int64 = 0
    /// What arrives after this is lost.
    var cut = Int64.max
  }

  private unowned let network: SimulatedNetwork
  /// What flows to the router, and to the venue.
  private var directions = [Direction(), Direction()]
  private var isOpen = [true, true]
  var onClose: [() -> Void] = [{}, {}]

  init(network: SimulatedNetwork) {
    self.network = network
    for side in 0...1 { directions[side].clear = network.now }
  }

  func isOpen(_ side: WireSide) -> Bool { isOpen[side.rawValue] }

  /// Writes a message; `arrive` runs if and when it gets there.
  func send(from side: WireSide, delay: Int64 = 0, _ arrive: @escaping () -> Void) {
    let target = side.other
    let time = max(
      directions[target.rawValue].clear, network.now + network.latency() + delay)
    directions[target.rawValue].clear = time
    network.schedule.add(at: time) { [self] in
      guard isOpen(target), time <= directions[target.rawValue].cut else { return }
      arrive()
    }
  }

  /// Nothing that is written to a side from now on arrives there; nobody is told yet.
  func lose(to side: WireSide) {
    directions[side.rawValue].cut = min(directions[side.rawValue].cut, network.now - 1)
  }

  /// Nothing moves towards a side for a while.
  func stall(to side: WireSide, for nanoseconds: Int64) {
    directions[side.rawValue].clear = max(
      directions[side.rawValue].clear, network.now + nanoseconds)
  }

  /// One side ends it in order: what it has written still arrives.
  func close(from side: WireSide) {
    guard isOpen(side) else { return }
    isOpen[side.rawValue] = false
    let target = side.other
    let time = max(directions[target.rawValue].clear, network.now + network.latency())
    network.schedule.add(at: time) { [self] in told(target) }
  }

  /// The process at one side dies: what it has written may arrive.
  func die(_ side: WireSide) {
    guard isOpen(side) else { return }
    let target = side.other.rawValue
    if network.random.below(2) == 0 {
      directions[target].cut = min(
        directions[target].cut,
        network.draw(from: network.now - 1, to: max(network.now, directions[target].clear)))
    }
    close(from: side)
  }

  /// The network breaks: what is under way either way arrives in part.
  func reset() {
    for side in [WireSide.router, .venue] where isOpen(side) {
      let index = side.rawValue
      let end = network.draw(from: network.now, to: network.now + network.latency())
      directions[index].cut = min(directions[index].cut, end)
      network.schedule.add(at: end) { [self] in told(side) }
    }
  }

  private func told(_ side: WireSide) {
    guard isOpen(side) else { return }
    isOpen[side.rawValue] = false
    onClose[side.rawValue]()
  }
}
