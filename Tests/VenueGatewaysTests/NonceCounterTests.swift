import Testing
import VenueGateways

struct NonceCounterTests {
  @Test func `no number is given out above a ceiling that was not told`() {
    var counter = NonceCounter(ceiling: 0)
    var stored: UInt64 = 0
    for step in 0..<2000 {
      let (value, raised) = counter.take(atWallNanoseconds: Int64(step) * 1_000_000_000)
      if let raised { stored = raised }
      #expect(value < stored)
    }
  }

  @Test func `a start begins above the ceiling of the run before, whatever the clock`() {
    var first = NonceCounter(ceiling: 0)
    let (last, raised) = first.take(atWallNanoseconds: 5_000_000_000_000)
    var second = NonceCounter(ceiling: raised ?? 0)
    #expect(second.take(atWallNanoseconds: 0).value > last)
  }
}
