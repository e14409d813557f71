import Foundation
import Testing

@testable import RouterCore

struct ElementaryTests {
  @Test func `the exponential is within 4e-16 of the library's`() {
    for step in -7000...7000 {
      let x = Double(step) * 0.1 + 0.013
      guard abs(x) < 708 else { continue }
      #expect(abs(Elementary.exp(x) / Foundation.exp(x) - 1) < 4e-16, "\(x)")
    }
  }

  @Test func `powers of two are within 4e-16 of the library's and exact for whole exponents`() {
    for step in -3000...3000 {
      let x = Double(step) * 0.31
      #expect(abs(Elementary.exp2(x) / Foundation.exp2(x) - 1) < 4e-16, "\(x)")
    }
    for exponent in -1022...1023 {
      #expect(Elementary.exp2(Double(exponent)) == Foundation.exp2(Double(exponent)))
    }
  }

  @Test func `the logarithm is within 4e-16 of the library's`() {
    var x = 1e-300
    while x < 1e300 {
      let (ours, theirs) = (Elementary.log(x), Foundation.log(x))
      #expect(abs(ours - theirs) <= max(4e-16 * abs(theirs), 2e-16), "\(x)")
      x *= 1.37
    }
    for step in 1...2000 {
      let x = Double(step) / 1000
      let (ours, theirs) = (Elementary.log(x), Foundation.log(x))
      #expect(abs(ours - theirs) <= max(4e-16 * abs(theirs), 2e-16), "\(x)")
    }
    #expect(Elementary.log(.leastNonzeroMagnitude) - Foundation.log(.leastNonzeroMagnitude) < 1e-12)
  }

  @Test func `what has no value gives a bound and no trap`() {
    #expect(Elementary.exp(.nan) == 0 && Elementary.exp2(.nan) == 0)
    #expect(Elementary.exp(-.infinity) == 0 && Elementary.exp2(-.infinity) == 0)
    #expect(Elementary.exp(.infinity) == Elementary.exp(708))
    #expect(Elementary.exp2(.infinity) == Elementary.exp2(1023))
    #expect(Elementary.log(0) == -.infinity && Elementary.log(-1) == -.infinity)
    #expect(Elementary.log(.nan) == -.infinity && Elementary.log(.infinity) == .infinity)
    #expect(Double.nan.whole(in: -5...5) == -5 && Double.infinity.whole(in: -5...5) == 5)
    #expect((1e300).whole(in: .min ... .max) == .max && (2.5).whole(in: 0...9) == 3)
    #expect(Double.nan.wholeCost == 0 && Double.infinity.wholeCost == 1 << 126)
  }

  @Test func `the bits are the same on every machine`() {
    #expect(Elementary.exp(1).bitPattern == 0x4005_BF0A_8B14_576A)
    #expect(Elementary.log(10).bitPattern == 0x4002_6BB1_BBB5_5516)
    #expect(Elementary.exp2(0.5).bitPattern == 0x3FF6_A09E_667F_3BCC)
  }
}
