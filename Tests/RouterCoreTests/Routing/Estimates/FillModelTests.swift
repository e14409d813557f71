import Foundation
import RouterCore
import Testing

struct FillModelTests {
  private let venue = VenueID(1)

  private func model(
    probability: Int = 10_000, fade: Int = 0, weight: Int = 3_000
  ) -> FillModel {
    var priors = VenuePriors()
    priors.fillProbability = probability
    priors.fadePerSecond = fade
    priors.priorWeight = weight
    var model = FillModel(venues: 3)
    model.configure(venue, priors)
    return model
  }

  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: 1_800_000_000_000_000_000 + seconds * 1_000_000_000)
  }

  @Test func `with certainty and no evidence every age fills whole`() {
    let model = model()
    for age: Int64 in [0, 1, 1_000_000_000, .max, -5] {
      let probability = model.fillProbability(
        venue, .buy, ageNanoseconds: age, relativeSize: 10_000, at: time(0))
      #expect(probability == 10_000)
    }
  }

  @Test func `outcomes of one cell give the means of the worked example`() {
    // routing.md, Example 6: alpha 2, beta 1, half-life 300 s.
    var model = model(probability: 6_667)
    var now: Int64 = 0
    var means: [Int] = []
    for (wait, filled) in [(10, 10_000), (20, 10_000), (30, 0), (30, 5_000), (60, 10_000)] {
      now += Int64(wait)
      model.record(
        venue, .buy, ageNanoseconds: 0, relativeSize: 1, filledFraction: filled, at: time(now))
      let mean = model.fillProbability(
        venue, .buy, ageNanoseconds: 0, relativeSize: 1, at: time(now))
      means.append((mean + 5) / 10)
    }
    #expect(means == [750, 798, 657, 633, 686])
  }

  @Test func `the curve's parameters are recovered and extrapolated to ages never seen`() {
    var model = model(probability: 9_900, weight: 100)
    for millisecond in stride(from: 10, through: 1_500, by: 10) {
      let expected = 0.9 * exp(-0.5 * Double(millisecond) / 1000)
      for _ in 0..<20 {
        model.record(
          venue, .sell, ageNanoseconds: Int64(millisecond) * 1_000_000, relativeSize: 1,
          filledFraction: Int(expected * 10_000), at: time(0))
      }
    }
    let fade = model.fade(venue, .sell, at: time(0))
    #expect(abs(fade.fillProbability - 9_000) <= 30)
    #expect(abs(fade.perSecond - 5_000) <= 100)
    let late = model.fillProbability(
      venue, .sell, ageNanoseconds: 3_000_000_000, relativeSize: 1, at: time(0))
    #expect(abs(late - Int(9_000 * exp(-1.5))) <= 50)
  }

  @Test func `a cell without evidence leans on the venue's others`() {
    var model = model(probability: 9_500)
    for _ in 0..<50 {
      model.record(
        venue, .buy, ageNanoseconds: 0, relativeSize: 1, filledFraction: 2_000, at: time(0))
    }
    let other = model.estimate(venue, .buy, ageNanoseconds: 0, relativeSize: 9_000, at: time(0))
    #expect(other.probability < 3_000 && other.evidence == 0)
    // The other side and the other venue have shown nothing.
    #expect(
      model.fillProbability(venue, .sell, ageNanoseconds: 0, relativeSize: 1, at: time(0)) == 9_500)
    #expect(
      model.fillProbability(
        VenueID(0), .buy, ageNanoseconds: 0, relativeSize: 1, at: time(0)) == 10_000)
  }

  @Test func `without news the prior comes back`() {
    var model = model(probability: 9_000)
    for _ in 0..<20 {
      model.record(venue, .buy, ageNanoseconds: 0, relativeSize: 1, filledFraction: 0, at: time(0))
    }
    let fresh = model.estimate(venue, .buy, ageNanoseconds: 0, relativeSize: 1, at: time(0))
    let half = model.estimate(venue, .buy, ageNanoseconds: 0, relativeSize: 1, at: time(300))
    let late = model.estimate(venue, .buy, ageNanoseconds: 0, relativeSize: 1, at: time(86_400))
    #expect(fresh.evidence == 20_000 && half.evidence == 10_000 && late.evidence == 0)
    #expect(fresh.probability < half.probability && half.probability < late.probability)
    #expect(late.probability == 9_000)
  }

  @Test func `more evidence brings the lower bound nearer to the mean`() {
    var model = model(probability: 8_000)
    var gaps: [Int] = []
    for _ in 0..<3 {
      for index in 0..<30 {
        model.record(
          venue, .buy, ageNanoseconds: 0, relativeSize: 1,
          filledFraction: index % 5 == 0 ? 0 : 10_000,
          at: time(0))
      }
      let estimate = model.estimate(venue, .buy, ageNanoseconds: 0, relativeSize: 1, at: time(0))
      gaps.append(estimate.probability - estimate.lowerBound)
    }
    #expect(gaps[0] > gaps[1] && gaps[1] > gaps[2] && gaps[2] > 0)
  }

  @Test func `the curve never rises with age, whatever happened`() {
    for seed in SeedRange.standing(200) {
      var random = SeededRandom(seed: seed)
      var model = model(
        probability: Int(random.next(in: 1...10_000)), fade: Int(random.next(in: 0...20_000)))
      for _ in 0..<60 {
        model.record(
          venue, .buy, ageNanoseconds: random.next(in: 0...3_000_000_000),
          relativeSize: Int(random.next(in: 0...20_000)),
          filledFraction: Int(random.next(in: 0...10_000)), at: time(random.next(in: 0...600)))
      }
      let fade = model.fade(venue, .buy, at: time(600))
      #expect(fade.perSecond >= 0 && (0...10_000).contains(fade.fillProbability))
    }
  }

  @Test func `no number traps`() {
    let numbers: [Int64] = [.min, -1, 0, 1, 25_000_000, .max]
    let times = [Timestamp.distantPast, time(0), .distantFuture]
    var priors = VenuePriors()
    for extreme in [Int.min, -1, 0, .max] {
      priors.fillProbability = extreme
      priors.fadePerSecond = extreme
      priors.priorWeight = extreme
      var model = FillModel(venues: 2, halfLifeMilliseconds: Int64(extreme))
      model.configure(venue, priors)
      model.configure(VenueID(255), priors)
      for age in numbers {
        for now in times {
          let size = Int(age)
          model.record(
            venue, .sell, ageNanoseconds: age, relativeSize: size, filledFraction: size, at: now)
          model.record(
            VenueID(200), .buy, ageNanoseconds: age, relativeSize: size, filledFraction: 1, at: now)
          let estimate = model.estimate(
            venue, .sell, ageNanoseconds: age, relativeSize: size, at: now)
          #expect((0...10_000).contains(estimate.probability))
          #expect(estimate.lowerBound <= estimate.probability)
        }
      }
    }
  }
}
