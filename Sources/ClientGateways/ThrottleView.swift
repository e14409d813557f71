package import RouterCore

/// How fast a venue may be asked and how far away it is, as the core sees it; a copy.
package struct ThrottleView: Sendable {
  package var pace: PaceReading
  package var maintenance: MaintenanceReading
  package var latency: LatencyReading

  package init(pace: PaceReading, maintenance: MaintenanceReading, latency: LatencyReading) {
    self.pace = pace
    self.maintenance = maintenance
    self.latency = latency
  }
}
