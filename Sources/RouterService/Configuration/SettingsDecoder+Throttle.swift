internal import RouterCore

/// How often a venue may be asked, and when not at all.
extension SettingsDecoder {
  private static let greatestRate: Int128 = 100_000_000
  private static let dayNames = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]

  /// `nil` if the settings name no limit.
  func throttle(_ reader: SettingsReader) -> VenueThrottle? {
    let known = ["requests_per_second", "burst", "cancel_reserve", "adaptive"]
    guard let values = reader.optionalObject("throttle", known: known) else { return nil }
    return VenueThrottle(
      venue: VenueID(0), intervalNanoseconds: interval(values),
      burst: UInt32(values.integer("burst", standard: 1, 1...100_000)),
      cancelReserve: UInt16(
        parts(values, "cancel_reserve", Int64(VenueThrottle.standardReserve), 10_000)),
      isAdaptive: values.bool("adaptive", standard: true))
  }

  /// The time that one request takes up; rounded up, so that the rate is never exceeded.
  private func interval(_ values: SettingsReader) -> Int64 {
    let name = "requests_per_second"
    let rate: Int128
    switch values.value(name) {
    case nil:
      values.fault(name, "is missing")
      return 0
    case .integer(let number): rate = Int128(number) * 1000
    default: rate = values.decimal(name, scale: 3, standard: 1000)
    }
    guard (1...Self.greatestRate).contains(rate) else {
      values.fault(name, "must be a number from 0.001 to 100000")
      return 0
    }
    return Int64((1_000_000_000_000 + rate - 1) / rate)
  }

  func maintenance(_ reader: SettingsReader) -> VenueMaintenance {
    var maintenance = VenueMaintenance(venue: VenueID(0))
    let windows = reader.elements("maintenance")
    if windows.count > VenueMaintenance.capacity {
      reader.fault("maintenance", "holds at most \(VenueMaintenance.capacity) windows")
    }
    for (index, value) in windows.prefix(VenueMaintenance.capacity).enumerated() {
      maintenance[index] = window(
        SettingsReader(
          value, at: "\(reader.place("maintenance"))[\(index)]", faults: reader.faults,
          known: ["days", "start", "minutes", "before_seconds"]))
    }
    return maintenance
  }

  private func window(_ reader: SettingsReader) -> MaintenanceWindow {
    if reader.value("minutes") == nil { reader.fault("minutes", "is missing") }
    return MaintenanceWindow(
      days: days(reader), startMinute: startMinute(reader),
      minutes: UInt16(reader.integer("minutes", standard: 1, 1...1440)),
      beforeSeconds: UInt16(
        reader.integer(
          "before_seconds", standard: Int64(MaintenanceWindow.standardBeforeSeconds), 0...3600)))
  }

  private func days(_ reader: SettingsReader) -> UInt8 {
    if case .string("daily") = reader.value("days") { return MaintenanceWindow.daily }
    guard case .array(let days) = reader.value("days"), !days.isEmpty else {
      reader.fault("days", "must be 'daily' or a list such as ['sunday']")
      return 0
    }
    var bits: UInt8 = 0
    for day in days {
      guard case .string(let name) = day, let bit = Self.dayNames.firstIndex(of: name) else {
        reader.fault("days", "must name days: \(Self.dayNames.joined(separator: ", "))")
        return 0
      }
      bits |= 1 << UInt8(bit)
    }
    return bits
  }

  /// `HH:MM` in UTC.
  private func startMinute(_ reader: SettingsReader) -> UInt16 {
    let digits = Array(reader.required("start").utf8)
    func pair(_ place: Int) -> UInt16? {
      let (tens, ones) = (digits[place], digits[place + 1])
      guard (48...57).contains(tens), (48...57).contains(ones) else { return nil }
      return UInt16(tens - 48) * 10 + UInt16(ones - 48)
    }
    guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hour = pair(0), hour < 24,
      let minute = pair(3), minute < 60
    else {
      if reader.value("start") != nil {
        reader.fault("start", "must be a time of day in UTC such as '22:00'")
      }
      return 0
    }
    return hour * 60 + minute
  }
}
