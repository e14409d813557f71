/// How likely an immediate order is to find what the book displayed, learned from our own orders.
///
/// `routing.md` 3.5: a Beta distribution for each venue, side, age of the quote and relative size,
/// forgetting with time. Evidence is kept apart from the prior, which is added when it is read:
/// that is the same as drifting back to it. The prior of a cell is the venue's own curve
/// `phi * exp(-lambda * age)`, fitted to the *other* cells of that venue and side, so that sparse
/// cells lean on the venue and ages never seen are extrapolated; the prior of the curve comes
/// from the settings.
package struct FillModel: ~Copyable, Sendable {
  static let ageBuckets = 8
  static let sizeBuckets = 4
  static let cells = ageBuckets * sizeBuckets

  /// What happened in a cell, as of the last outcome of its venue and side.
  package struct Cell: Sendable, BitwiseCopyable {
    var filled = 0.0
    var missed = 0.0
    /// Sum of the ages of its outcomes.
    var seconds = 0.0

    var evidence: Double { filled + missed }
  }

  private var cellTable: FixedBuffer<Cell>
  private var updatedAt: FixedBuffer<Int64>
  private var priors: FixedBuffer<FillPrior>
  private let halfLife: Int64

  package init(venues: Int, halfLifeMilliseconds: Int64 = 300_000) {
    cellTable = FixedBuffer(repeating: Cell(), count: venues * 2 * Self.cells)
    updatedAt = FixedBuffer(repeating: .min, count: venues * 2)
    priors = FixedBuffer(repeating: FillPrior(VenuePriors()), count: venues)
    halfLife = Decay.nanoseconds(milliseconds: halfLifeMilliseconds)
  }

  package mutating func configure(_ venue: VenueID, _ venuePriors: VenuePriors) {
    guard venue.index < priors.count else { return }
    priors[venue.index] = FillPrior(venuePriors)
  }

  /// Learns from a child that reached the venue and has ended.
  ///
  /// A rejection says nothing about liquidity and is not an outcome.
  package mutating func record(
    _ venue: VenueID, _ side: Side, ageNanoseconds: Int64, relativeSize: Int, filledFraction: Int,
    at now: Timestamp
  ) {
    guard venue.index < priors.count else { return }
    let block = Self.block(venue, side)
    forget(block, until: now)
    let filled = Parts.fraction(filledFraction)
    let cell = block * Self.cells + Self.cell(ageNanoseconds, relativeSize)
    cellTable[cell].filled += filled
    cellTable[cell].missed += 1 - filled
    cellTable[cell].seconds += Self.seconds(ageNanoseconds)
  }

  /// The part of an order that is expected to fill, in parts per ten thousand.
  package func fillProbability(
    _ venue: VenueID, _ side: Side, ageNanoseconds: Int64, relativeSize: Int, at now: Timestamp
  ) -> Int {
    estimate(venue, side, ageNanoseconds: ageNanoseconds, relativeSize: relativeSize, at: now)
      .probability
  }

  package func estimate(
    _ venue: VenueID, _ side: Side, ageNanoseconds: Int64, relativeSize: Int, at now: Timestamp
  ) -> FillEstimate {
    guard venue.index < priors.count else { return FillEstimate(mean: 1, weight: 0, evidence: 0) }
    let block = Self.block(venue, side)
    let cell = Self.cell(ageNanoseconds, relativeSize)
    let left = decay(block, until: now)
    let weight = priors[venue.index].weight
    let own = cellTable[block * Self.cells + cell]
    let pooled = curve(venue, side, without: cell, left).value(at: Self.seconds(ageNanoseconds))
    let evidence = own.evidence * left
    return FillEstimate(
      mean: (weight * pooled + own.filled * left) / (weight + evidence), weight: weight + evidence,
      evidence: evidence)
  }

  /// The curve of all that a venue has shown on one side.
  package func fade(_ venue: VenueID, _ side: Side, at now: Timestamp) -> Fade {
    guard venue.index < priors.count else { return Fade(FillCurve(logarithm: 0, fade: 0)) }
    return Fade(curve(venue, side, without: -1, decay(Self.block(venue, side), until: now)))
  }

  private func curve(_ venue: VenueID, _ side: Side, without own: Int, _ left: Double) -> FillCurve
  {
    var fit = FillFit(priors[venue.index])
    let first = Self.block(venue, side) * Self.cells
    for age in 0..<Self.ageBuckets {
      var bucket = Cell()
      for cell in age * Self.sizeBuckets..<(age + 1) * Self.sizeBuckets where cell != own {
        let each = cellTable[first + cell]
        bucket.filled += each.filled * left
        bucket.missed += each.missed * left
        bucket.seconds += each.seconds * left
      }
      fit.add(bucket)
    }
    return fit.curve
  }

  private mutating func forget(_ block: Int, until now: Timestamp) {
    let left = decay(block, until: now)
    if left < 1 {
      for cell in block * Self.cells..<(block + 1) * Self.cells {
        cellTable[cell].filled *= left
        cellTable[cell].missed *= left
        cellTable[cell].seconds *= left
      }
    }
    updatedAt[block] = max(updatedAt[block], now.nanoseconds)
  }

  private func decay(_ block: Int, until now: Timestamp) -> Double {
    Decay.factor(from: updatedAt[block], to: now.nanoseconds, halfLife: halfLife)
  }

  private static func block(_ venue: VenueID, _ side: Side) -> Int {
    venue.index * 2 + (side == .buy ? 0 : 1)
  }

  private static func cell(_ ageNanoseconds: Int64, _ relativeSize: Int) -> Int {
    ageBucket(ageNanoseconds) * sizeBuckets + sizeBucket(relativeSize)
  }

  /// Doubling ages: to 25 ms, to 50 ms, ..., to 1.6 s, and above.
  private static func ageBucket(_ nanoseconds: Int64) -> Int {
    var bound: Int64 = 25_000_000
    var bucket = 0
    while bucket < ageBuckets - 1 && nanoseconds > bound {
      bound *= 2
      bucket += 1
    }
    return bucket
  }

  /// Up to a quarter, a half, and the whole of what was displayed, and above.
  private static func sizeBucket(_ relativeSize: Int) -> Int {
    if relativeSize <= 2_500 { return 0 }
    if relativeSize <= 5_000 { return 1 }
    return relativeSize <= Parts.one ? 2 : 3
  }

  private static func seconds(_ nanoseconds: Int64) -> Double {
    Double(max(nanoseconds, 0)) / 1e9
  }
}
