/// `phi * exp(-lambda * age)`, as `ln phi` and `lambda`.
struct FillCurve: Sendable, BitwiseCopyable {
  /// Not positive.
  var logarithm: Double
  /// For each second; not negative.
  var fade: Double

  func value(at seconds: Double) -> Double {
    Elementary.exp(logarithm - fade * seconds)
  }
}

/// A venue's curve as the settings have it, and how many outcomes it weighs as much as.
package struct FillPrior: Sendable, BitwiseCopyable {
  let curve: FillCurve
  let weight: Double

  init(_ priors: VenuePriors) {
    let probability = Parts.fraction(max(priors.fillProbability, 1))
    let fade = Double(min(max(priors.fadePerSecond, 0), 1_000 * Parts.one)) / Double(Parts.one)
    curve = FillCurve(logarithm: Elementary.log(probability), fade: fade)
    weight = Double(min(max(priors.priorWeight, 1), 1_000_000_000)) / 1000
  }
}

/// Weighted regression of `ln p` on age over buckets of outcomes.
///
/// Weights are the buckets' evidence. The prior counts as that many outcomes at age zero and, for
/// the slope, as that many spread by one second; so one bucket alone does not tilt the curve.
struct FillFit {
  private let prior: FillPrior
  private var weight: Double
  private var age = 0.0
  private var ageSquared: Double
  private var value: Double
  private var ageValue: Double
  private var isPrior = true

  init(_ prior: FillPrior) {
    self.prior = prior
    weight = prior.weight
    ageSquared = prior.weight
    value = prior.weight * prior.curve.logarithm
    ageValue = -prior.weight * prior.curve.fade
  }

  mutating func add(_ bucket: FillModel.Cell) {
    let evidence = bucket.evidence
    guard evidence > 1e-9 else { return }
    isPrior = false
    let seconds = bucket.seconds / evidence
    let expected = prior.weight * prior.curve.value(at: seconds)
    let mean = (expected + bucket.filled) / (prior.weight + evidence)
    let logarithm = Elementary.log(max(mean, 1e-9))
    weight += evidence
    age += evidence * seconds
    ageSquared += evidence * seconds * seconds
    value += evidence * logarithm
    ageValue += evidence * seconds * logarithm
  }

  /// The best curve of those that never rise with age and never exceed one.
  var curve: FillCurve {
    if isPrior { return prior.curve }
    let determinant = weight * ageSquared - age * age
    guard determinant > 0 else { return prior.curve }
    let slope = (weight * ageValue - age * value) / determinant
    guard slope < 0 else { return FillCurve(logarithm: min(value / weight, 0), fade: 0) }
    let logarithm = (value - slope * age) / weight
    if logarithm <= 0 { return FillCurve(logarithm: logarithm, fade: -slope) }
    return FillCurve(logarithm: 0, fade: max(-ageValue / ageSquared, 0))
  }
}
