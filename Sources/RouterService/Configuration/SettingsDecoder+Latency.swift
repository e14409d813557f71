extension SettingsDecoder {
  /// `latency: {enabled, hlog_directory, interval_seconds}`.
  func latency(_ reader: SettingsReader) -> LatencySettings {
    var settings = LatencySettings()
    let known = ["enabled", "hlog_directory", "interval_seconds"]
    guard let latency = reader.optionalObject("latency", known: known) else { return settings }
    settings.isEnabled = latency.bool("enabled", standard: true)
    settings.logDirectory = latency.string("hlog_directory").map(absolute)
    settings.intervalSeconds = latency.integer(
      "interval_seconds", standard: settings.intervalSeconds, 1...86_400)
    if settings.logDirectory?.isEmpty == true {
      latency.fault("hlog_directory", "must name a directory, or be left out")
    }
    return settings
  }
}
