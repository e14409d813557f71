import Testing

@testable import RouterService

struct StageRingTests {
  @Test(arguments: [1, 2, 7, 64]) func `it agrees with a dictionary of the newest`(capacity: Int) {
    var ring = StageRing(capacity: capacity, blank: 0)
    var order: [UInt64] = []
    var random: UInt64 = 88_172_645_463_325_252
    for step in 0..<2000 {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      let key = random % 500 + 1
      let kept = order.suffix(capacity)
      #expect((ring.slot(of: key) != nil) == kept.contains(key))
      if let slot = ring.slot(of: key) {
        #expect(ring[slot] == Int(key))
        continue
      }
      let evicted = ring.insert(key, Int(key)).evicted
      #expect(evicted == (order.count < capacity ? nil : Int(order[order.count - capacity])))
      order.append(key)
      #expect(ring.count == min(order.count, capacity), "step \(step)")
    }
    for key in order.suffix(capacity) { #expect(ring.slot(of: key) != nil) }
  }

  @Test func `a record changes in place`() {
    var ring = StageRing(capacity: 3, blank: [Int]())
    let slot = ring.insert(9, [1]).slot
    ring[slot].append(2)
    #expect(ring.slot(of: 9).map { ring[$0] } == [1, 2])
  }
}
