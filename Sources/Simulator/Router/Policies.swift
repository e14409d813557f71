internal import RouterCore
internal import Simulation

/// What the settings of a history say about how often, and when, each venue may be asked.
struct Policies {
  private var throttles: [VenueThrottle]
  private var windows: [VenueMaintenance]

  init(venueCount: Int) {
    let venues = (0..<venueCount).map { VenueID(UInt8($0)) }
    throttles = venues.map { VenueThrottle.generous($0) }
    windows = venues.map { VenueMaintenance(venue: $0) }
  }

  /// All of them, as a start of the service tells them.
  var events: [Event] {
    throttles.map(Event.venueThrottleChanged) + windows.map(Event.venueMaintenanceChanged)
  }

  /// From plenty to one request every two seconds.
  mutating func drawThrottle(_ venue: Int, _ random: inout SeededRandom) -> Event {
    let fastest = random.below(3) == 0 ? 2_000_000_000 : 50_000_000
    throttles[venue] = VenueThrottle(
      venue: VenueID(UInt8(venue)), intervalNanoseconds: Int64(1 + random.below(fastest)),
      burst: UInt32(1 + random.below(12)), cancelReserve: UInt16(random.below(10_001)),
      isAdaptive: random.below(2) == 0)
    return .venueThrottleChanged(throttles[venue])
  }

  /// Windows of a minute or two, some of which begin soon, on some days.
  mutating func drawWindows(
    _ venue: Int, _ random: inout SeededRandom, at now: Timestamp
  ) -> Event {
    let minute = Int(now.nanoseconds / 60_000_000_000) % 1440
    windows[venue] = VenueMaintenance(venue: VenueID(UInt8(venue)))
    for index in 0..<random.below(3) {
      windows[venue][index] = MaintenanceWindow(
        days: random.below(4) == 0 ? UInt8(random.below(128)) : MaintenanceWindow.daily,
        startMinute: UInt16((minute + random.below(4)) % 1440),
        minutes: UInt16(1 + random.below(2)), beforeSeconds: UInt16(random.below(90)))
    }
    return .venueMaintenanceChanged(windows[venue])
  }
}
