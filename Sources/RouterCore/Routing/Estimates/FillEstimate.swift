/// What is expected of an immediate order, and on how much evidence.
package struct FillEstimate: Sendable, Hashable, BitwiseCopyable {
  /// Expected part filled, in parts per ten thousand.
  package let probability: Int
  /// About its lower twentieth: the mean less 1.645 standard deviations of the Beta distribution.
  package let lowerBound: Int
  /// Outcomes of our own that it rests on, faded with time, in thousandths; the prior not counted.
  package let evidence: Int

  init(mean: Double, weight: Double, evidence: Double) {
    let deviation = (max(mean * (1 - mean), 0) / (weight + 1)).squareRoot()
    probability = Parts.parts(mean)
    lowerBound = Parts.parts(mean - 1.645 * deviation)
    self.evidence = Int((evidence * 1000).whole(in: 0...1_000_000_000))
  }
}

/// How a venue's quotes fade, for reports.
package struct Fade: Sendable, Hashable, BitwiseCopyable {
  /// At age zero, in parts per ten thousand.
  package let fillProbability: Int
  /// Rate of decay for each second, in parts per ten thousand.
  package let perSecond: Int

  init(_ curve: FillCurve) {
    fillProbability = Parts.parts(curve.value(at: 0))
    perSecond = Int((curve.fade * Double(Parts.one)).whole(in: 0...Int64(1_000 * Parts.one)))
  }
}
