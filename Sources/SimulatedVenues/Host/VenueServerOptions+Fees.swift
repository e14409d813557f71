internal import Simulation
internal import Wire

extension VenueServerOptions {
  /// Gives the venue's accounts other fee rates than its public schedule, in basis points.
  ///
  /// - Returns: Whether both texts are decimals below 10,000 with at most four places.
  package mutating func setFees(takerBasisPoints taker: String, makerBasisPoints maker: String)
    -> Bool
  {
    guard let taker = DecimalText.parse(taker, scale: 4),
      let maker = DecimalText.parse(maker, scale: 4), abs(taker) < 100_000_000,
      abs(maker) < 100_000_000
    else { return false }
    profile.fees.taker = FeeRate(units: taker)
    profile.fees.maker = FeeRate(units: maker)
    return true
  }
}
