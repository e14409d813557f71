internal import RouterCore

/// Whether a venue is asked as often as its throttle allows, and not in its maintenance windows.
extension Checker {
  mutating func judgePace(_ venue: VenueID, _ name: String, _ now: Timestamp) {
    if let windows = orders.windows[venue.index] {
      for index in 0..<VenueMaintenance.capacity {
        require(!covers(windows[index], now), 11, "\(name) leaves in a maintenance window")
      }
    }
    guard let throttle = orders.throttles[venue.index] else { return }
    leftTimes[venue.index].append(now)
    judgeBudget(throttle, leftTimes[venue.index], name, now)
  }

  /// Minutes since the last start of the window, around a week that begins on Monday.
  private func covers(_ window: MaintenanceWindow, _ now: Timestamp) -> Bool {
    // The first of January 1970 was a Thursday.
    let minute = (now.nanoseconds / 60_000_000_000 + 3 * 1440) % 10_080
    for day in 0..<7 where window.days & (1 << UInt8(day)) != 0 {
      let start = Int64(day) * 1440 + Int64(window.startMinute)
      if (minute - start + 10_080) % 10_080 < Int64(window.minutes) { return true }
    }
    return false
  }

  /// Over every stretch of time up to now: the burst without its reserve, and the steady rate.
  private mutating func judgeBudget(
    _ throttle: VenueThrottle, _ times: [Timestamp], _ name: String, _ now: Timestamp
  ) {
    let burst = Int64(throttle.burst)
    let kept = (burst * Int64(throttle.cancelReserve) + 9_999) / 10_000
    let free = burst - min(kept, burst - 1)
    for (place, time) in times.reversed().enumerated() {
      let elapsed = now.nanoseconds - time.nanoseconds
      require(
        Int64(place + 1) <= free + elapsed / throttle.intervalNanoseconds, 13,
        "\(name) leaves although its venue's budget is used up")
    }
  }
}
