internal import RouterCore

/// The bytes of what is known about a venue's pace: throttle, maintenance, pauses.
extension FieldWriter {
  mutating func throttle(_ throttle: VenueThrottle) {
    integer(throttle.venue.rawValue)
    integer(throttle.intervalNanoseconds)
    integer(throttle.burst)
    integer(throttle.cancelReserve)
    bool(throttle.isAdaptive)
  }

  mutating func maintenance(_ maintenance: VenueMaintenance) {
    integer(maintenance.venue.rawValue)
    for index in 0..<VenueMaintenance.capacity {
      integer(maintenance[index].days)
      integer(maintenance[index].startMinute)
      integer(maintenance[index].minutes)
      integer(maintenance[index].beforeSeconds)
    }
  }

  mutating func engaged(_ engaged: ThrottleEngaged) {
    integer(engaged.venue.rawValue)
    integer(engaged.until.nanoseconds)
    integer(engaged.retryAt.nanoseconds)
    integer(engaged.count)
    integer(engaged.requests)
    integer(engaged.accepts)
    integer(engaged.at.nanoseconds)
  }
}

extension FieldReader {
  mutating func venueThrottle() throws(FactFault) -> VenueThrottle {
    VenueThrottle(
      venue: VenueID(try integer()), intervalNanoseconds: try integer(), burst: try integer(),
      cancelReserve: try integer(), isAdaptive: try bool())
  }

  mutating func venueMaintenance() throws(FactFault) -> VenueMaintenance {
    var maintenance = VenueMaintenance(venue: VenueID(try integer()))
    for index in 0..<VenueMaintenance.capacity {
      maintenance[index] = MaintenanceWindow(
        days: try integer(), startMinute: try integer(), minutes: try integer(),
        beforeSeconds: try integer())
    }
    return maintenance
  }

  mutating func throttleEngaged() throws(FactFault) -> ThrottleEngaged {
    ThrottleEngaged(
      venue: VenueID(try integer()), until: Timestamp(nanoseconds: try integer()),
      retryAt: Timestamp(nanoseconds: try integer()), count: try integer(),
      requests: try integer(), accepts: try integer(), at: Timestamp(nanoseconds: try integer()))
  }
}
