import RouterCore
import Testing

@testable import VenueAdapters

struct OrderTransportChoiceTests {
  private static let millisecond: Int64 = 1_000_000

  private var choice = OrderTransportChoice(.fastest)
  private var milliseconds: Int64 = 1_700_000_000_000

  private var now: Timestamp { Timestamp(nanoseconds: milliseconds * Self.millisecond) }

  @discardableResult
  private mutating func record(
    _ transport: OrderTransport, _ values: [Int64], secondsApart: Int64 = 1
  ) -> [Bool] {
    values.map { value in
      milliseconds += secondsApart * 1000
      return choice.record(value * Self.millisecond, over: transport, at: now)
    }
  }

  private mutating func way(mayExplore: Bool = true) -> OrderTransport {
    choice.next(mayExplore: mayExplore, at: now)
  }

  @Test mutating func `it begins with the socket and tries the other way now and then`() {
    let first = (0..<64).map { _ in way() }
    #expect(first.first == .socket)
    #expect(first.count { $0 == .http } == 8)
    record(.http, Array(repeating: 5, count: 8))
    let later = (0..<320).map { _ in way() }
    #expect(later.count { $0 == .http } == 10)
  }

  @Test mutating func `orders that do not explore never take the other way`() {
    for _ in 0..<500 {
      let way = way(mayExplore: false)
      #expect(way == .socket)
    }
    // Nor do they use up the turn of those that do.
    let next = (0..<7).map { _ in way() }
    #expect(next.allSatisfy { $0 == .socket })
  }

  @Test(arguments: [(OrderTransportPolicy.socket, OrderTransport.socket), (.http, .http)])
  mutating func `a way that is set is kept, whatever is measured`(
    _ policy: OrderTransportPolicy, _ way: OrderTransport
  ) {
    choice = OrderTransportChoice(policy)
    record(way, Array(repeating: 900, count: 64))
    record(way == .socket ? .http : .socket, Array(repeating: 1, count: 64))
    _ = choice.couldNotSend(over: way)
    let ways = (0..<100).map { _ in self.way() }
    #expect(ways.allSatisfy { $0 == way })
    #expect(choice.reading(at: now).chosen == way)
  }

  @Test mutating func `seven samples are not enough, eight are`() {
    record(.socket, Array(repeating: 100, count: 20))
    let changes = record(.http, Array(repeating: 5, count: 8))
    #expect(changes == Array(repeating: false, count: 7) + [true])
    #expect(choice.chosen == .http)
  }

  @Test(arguments: [(100, 91, false), (100, 90, false), (100, 89, true)])
  mutating func `a gain below a tenth changes nothing`(
    _ socket: Int64, _ http: Int64, _ changes: Bool
  ) {
    record(.socket, Array(repeating: socket, count: 20))
    record(.http, Array(repeating: http, count: 20))
    #expect(choice.chosen == (changes ? .http : .socket))
  }

  @Test func `of a millisecond a tenth is noise`() {
    var choice = OrderTransportChoice(.fastest)
    for _ in 0..<20 {
      _ = choice.record(1_700_000, over: .socket, at: now)
      _ = choice.record(1_000_000, over: .http, at: now)
    }
    // 2.125 ms against 1.25 ms.
    #expect(choice.chosen == .socket)
    for _ in 0..<64 { _ = choice.record(1_900_000, over: .socket, at: now) }
    #expect(choice.chosen == .http)
  }

  @Test mutating func `a tail moves it before the median does`() {
    record(.socket, Array(repeating: 5, count: 60))
    record(.http, Array(repeating: 8, count: 20))
    let changes = record(.socket, [200, 200, 200, 200])
    #expect(changes.last == true)
    let socket = choice.reading(at: now).ways[0]
    #expect(socket.medianNanoseconds == 5 * Self.millisecond)
    #expect(socket.tailNanoseconds == 200 * Self.millisecond)
  }

  @Test mutating func `it comes back when the slow way has recovered, and does not flap`() {
    record(.http, Array(repeating: 8, count: 20))
    record(.socket, Array(repeating: 100, count: 20))
    #expect(choice.chosen == .http)
    var changes = 0
    // Both about as fast: noise of a few percent changes nothing more.
    for round in 0..<2000 {
      let noise = Int64(round % 5)
      let changed = record(round % 2 == 0 ? .socket : .http, [80 + noise], secondsApart: 0)
      changes += changed.count { $0 }
    }
    #expect(changes <= 1)
    record(.socket, Array(repeating: 4, count: 64))
    #expect(choice.chosen == .socket)
  }

  @Test mutating func `what is older than a quarter of an hour is forgotten`() {
    record(.http, Array(repeating: 5, count: 8))
    milliseconds += 15 * 60_000
    record(.socket, Array(repeating: 100, count: 20), secondsApart: 0)
    #expect(choice.chosen == .socket)
    let ways = choice.reading(at: now).ways
    #expect(ways.map(\.samples) == [20, 1])
    let later = Timestamp(nanoseconds: (milliseconds + 3_600_000) * Self.millisecond)
    #expect(choice.reading(at: later).ways.map(\.samples) == [0, 0])
    // Its samples are few again, so that it is tried more often.
    let next = (0..<64).map { _ in way() }
    #expect(next.count { $0 == .http } == 8)
  }

  @Test mutating func `a way that can not be taken is left at once and tried rarely`() {
    record(.socket, Array(repeating: 100, count: 20))
    record(.http, Array(repeating: 5, count: 20))
    #expect(choice.chosen == .http)
    let changed = choice.couldNotSend(over: .http)
    #expect(changed && choice.chosen == .socket)
    #expect(choice.reading(at: now).ways[1].samples == 0)
    let next = (0..<64).map { _ in way() }
    #expect(next.count { $0 == .http } == 2)
    // It works again: now it fills its samples.
    record(.http, [5])
    let later = (0..<64).map { _ in way() }
    #expect(later.count { $0 == .http } == 8)
  }

  @Test(arguments: 0..<20)
  func `every step is what all samples together say`(_ seed: UInt64) {
    var random = OrderRandom(state: seed)
    let interval = Int([2, 3, 8, 32][Int(random.below(4))])
    let policy: OrderTransportPolicy = seed % 10 == 9 ? .http : .fastest
    var choice = OrderTransportChoice(policy, explorationInterval: interval)
    var naive = NaiveTransportChoice(policy, explorationInterval: interval)
    var time: Int64 = 1_700_000_000_000_000_000
    var changes = 0
    var levels: [UInt64] = [5_000_000, 5_000_000]
    for step in 0..<800 {
      time += Int64(random.below(random.below(200) == 0 ? 1_200_000_000_000 : 4_000_000_000))
      let now = Timestamp(nanoseconds: time)
      if random.below(100) == 0 { levels[Int(random.below(2))] = 1 << (20 + random.below(8)) }
      if random.below(300) == 0 {
        let way = OrderTransport.allCases[Int(random.below(2))]
        let expected = naive.couldNotSend(over: way)
        #expect(choice.couldNotSend(over: way) == expected)
      }
      let mayExplore = random.below(5) > 0
      let way = choice.next(mayExplore: mayExplore, at: now)
      let expectedWay = naive.next(mayExplore: mayExplore, at: time)
      #expect(way == expectedWay, "step \(step)")
      let waited = Int64(
        levels[Int(way.rawValue)] / 2 + random.below(levels[Int(way.rawValue)])
          + (random.below(10) == 0 ? 50_000_000 : 0))
      let changed = choice.record(waited, over: way, at: now)
      let expected = naive.record(waited, over: way, at: time)
      #expect(changed == expected, "step \(step)")
      changes += changed ? 1 : 0
      #expect(choice.chosen == naive.chosen)
      guard step % 5 == 0 else { continue }
      for (index, reading) in choice.reading(at: now).ways.enumerated() {
        let latencies = naive.latencies(OrderTransport.allCases[index], at: time)
        #expect(reading.samples == latencies.count)
        #expect(
          reading.medianNanoseconds == NaiveTransportChoice.percentile(50, of: latencies))
        #expect(reading.tailNanoseconds == NaiveTransportChoice.percentile(95, of: latencies))
      }
    }
    // The comparison is of a choice that moves.
    #expect((changes > 0) == (policy == .fastest))
  }
}
