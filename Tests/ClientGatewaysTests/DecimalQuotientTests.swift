import Testing

@testable import ClientGateways

struct DecimalQuotientTests {
  @Test func `twelve places, half to even`() {
    #expect(DecimalQuotient.text(1, over: 3) == "0.333333333333")
    #expect(DecimalQuotient.text(2, over: 3) == "0.666666666667")
    #expect(DecimalQuotient.text(1, over: 2_000_000_000_000) == "0")
    #expect(DecimalQuotient.text(3, over: 2_000_000_000_000) == "0.000000000002")
    #expect(DecimalQuotient.text(6, over: 2) == "3")
    #expect(DecimalQuotient.text(-1, over: 4) == "-0.25")
  }

  @Test func `a carry goes through to the whole part`() {
    #expect(DecimalQuotient.text(1_999_999_999_999_9, over: 10_000_000_000_000) == "2")
  }

  @Test func `the worked example of a plan's average`() {
    // 96301.3 for 1.5: 64200.866666666667
    #expect(DecimalQuotient.text(963_013, over: 15) == "64200.866666666667")
  }

  @Test func `improvement against nothing is none`() {
    #expect(DecimalQuotient.basisPoints(from: 0, to: 5) == nil)
    #expect(DecimalQuotient.basisPoints(from: 10_000, to: 9_999) == "1")
    #expect(DecimalQuotient.basisPoints(from: 10_000, to: 10_001) == "-1")
  }
}
