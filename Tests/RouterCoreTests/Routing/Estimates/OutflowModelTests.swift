import RouterCore
import Testing

struct OutflowModelTests {
  private let listing = ListingID(2)

  private func time(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: 1_800_000_000_000_000_000 + milliseconds * 1_000_000)
  }

  private func model(turnover: Int = 0) -> OutflowModel {
    var priors = VenuePriors()
    priors.touchTurnover = turnover
    var model = OutflowModel(listings: 4, halfLifeMilliseconds: 1_000_000_000)
    model.configure(listing, priors)
    return model
  }

  private func observe(
    _ model: inout OutflowModel, _ side: Side, _ price: Int64, _ quantity: Int64, at now: Int64
  ) {
    model.observe(
      listing, side, price: Price(mantissa: price), quantity: Quantity(mantissa: quantity),
      at: time(now))
  }

  private func rate(_ model: borrowing OutflowModel, _ side: Side, at now: Int64) -> Double {
    model.rate(listing, side, touchQuantity: Quantity(mantissa: 1000), at: time(now)).perSecond
  }

  @Test func `before anything is seen a share of the touch flows off each second`() {
    let model = model(turnover: 2_000)
    #expect(rate(model, .buy, at: 0) == 200)
  }

  @Test func `what leaves the touch flows off and what arrives does not`() {
    var model = model()
    // 100 a second leave and come back, for 90 seconds; the prior is ten seconds of nothing.
    for second in 0...90 as ClosedRange<Int64> {
      observe(&model, .buy, 500, 900, at: second * 1000)
      observe(&model, .buy, 500, 1000, at: second * 1000)
    }
    #expect(abs(rate(model, .buy, at: 90_000) - 90) < 0.1)
    #expect(rate(model, .sell, at: 90_000) == 0)
  }

  @Test(arguments: [(Side.buy, Int64(499), Int64(501)), (Side.sell, Int64(501), Int64(499))])
  func `the whole touch has gone when the price falls back, none when it improves`(
    side: Side, worse: Int64, better: Int64
  ) {
    var fallen = model()
    observe(&fallen, side, 500, 1000, at: 0)
    observe(&fallen, side, worse, 700, at: 10_000)
    #expect(abs(rate(fallen, side, at: 10_000) - 50) < 0.1)
    var improved = model()
    observe(&improved, side, 500, 1000, at: 0)
    observe(&improved, side, better, 700, at: 10_000)
    #expect(rate(improved, side, at: 10_000) == 0)
  }

  @Test func `a book that was lost is not an outflow`() {
    var model = model()
    observe(&model, .buy, 500, 1000, at: 0)
    observe(&model, .buy, 0, 0, at: 5_000)
    observe(&model, .buy, 400, 10, at: 60_000)
    #expect(rate(model, .buy, at: 60_000) == 0)
  }

  @Test func `no number traps`() {
    var model = model(turnover: .max)
    for price: Int64 in [.min, 0, 1, .max] {
      for quantity: Int64 in [.min, 0, 1, .max, .max - 1] {
        for now in [time(0), .distantFuture, .distantPast] {
          for id: UInt16 in [2, 9] {
            for side in Side.allCases {
              model.observe(
                ListingID(id), side, price: Price(mantissa: price),
                quantity: Quantity(mantissa: quantity), at: now)
              let rate = model.rate(
                ListingID(id), side, touchQuantity: Quantity(mantissa: quantity), at: now)
              #expect(rate.perSecond >= 0 && rate.perSecond < .infinity)
            }
          }
        }
      }
    }
  }
}
