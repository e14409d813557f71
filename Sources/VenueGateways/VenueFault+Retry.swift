package import VenueAdapters

extension VenueFault {
  /// How long to wait at least before a question of start-up is asked again.
  package var floorMilliseconds: Int64 {
    switch self {
    case .unauthorized, .refused: 30_000
    case .rateLimited(let wait, _): min(max(wait, 500), 3_600_000)
    default: 500
    }
  }
}
