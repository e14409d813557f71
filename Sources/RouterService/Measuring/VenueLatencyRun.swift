internal import Foundation
internal import Platform
internal import RouterCore
internal import Synchronization
internal import VenueGateways
internal import Wire

/// `sluice latency venues`: measures the venues of the settings side by side.
package final class VenueLatencyRun {
  package struct Progress: Sendable {
    package let seconds: Int
    package let ofSeconds: Int
    package let answered: Int
  }

  /// Ends a run early, from any thread; what was measured until then is reported.
  package final class StopFlag: Sendable {
    private let isSet = Atomic(false)

    package init() {}

    package func set() { isSet.store(true, ordering: .relaxed) }

    fileprivate var value: Bool { isSet.load(ordering: .relaxed) }
  }

  private static let readyGraceNanoseconds: Int64 = 20_000_000_000
  private static let cancelGraceNanoseconds: Int64 = 90_000_000_000
  private static let leadNanoseconds: Int64 = 20_000_000

  private let settings: ServiceSettings
  private let options: MeasuringOptions
  private let progress: (Progress) -> Void
  private let note: (String) -> Void
  private let stop: StopFlag
  private let clock = CoreClock()
  private let loop: EventLoop
  private let connector = Connector()
  private var measurements: [VenueMeasurement] = []
  private var log: HistogramLog

  private init(
    _ settings: ServiceSettings, _ options: MeasuringOptions, stop: StopFlag,
    progress: @escaping (Progress) -> Void, note: @escaping (String) -> Void
  ) throws(PlatformError) {
    self.stop = stop
    self.settings = settings
    self.options = options
    self.progress = progress
    self.note = note
    loop = try EventLoop()
    log = HistogramLog(startNanoseconds: Clock.wallNanoseconds())
  }

  /// Measures; blocks for as long as was asked and a little more.
  ///
  /// `progress` is told twice a second, `note` what people should know at once.
  package static func run(
    settings: ServiceSettings, options: MeasuringOptions, stop: StopFlag = StopFlag(),
    progress: @escaping (Progress) -> Void = { _ in }, note: @escaping (String) -> Void = { _ in }
  ) throws(MeasuringError) -> MeasurementReport {
    let scratch = FileManager.default.temporaryDirectory.path + "/sluice-latency-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let lock = try ServiceLock.take(settings, orders: options.orders)
    defer { withExtendedLifetime(lock) {} }
    do throws(PlatformError) {
      try FileSystem.createDirectories(scratch)
    } catch {
      throw .system("\(error)")
    }
    let run: VenueLatencyRun
    do throws(PlatformError) {
      run = try VenueLatencyRun(settings, options, stop: stop, progress: progress, note: note)
    } catch {
      throw .system("\(error)")
    }
    return try run.measure(scratch: scratch)
  }

  // MARK: Course

  private func measure(scratch: String) throws(MeasuringError) -> MeasurementReport {
    try loadVenues(scratch: scratch)
    defer { for measurement in measurements { measurement.stop() } }
    for measurement in measurements { measurement.prepare() }
    turn(atMost: Self.readyGraceNanoseconds) {
      stop.value || measurements.allSatisfy(\.isReady)
    }
    let start = Clock.monotonicNanoseconds() + Self.leadNanoseconds
    for measurement in measurements { measurement.begin(at: start) }
    measureIntervals(from: start)
    for measurement in measurements { measurement.close() }
    turn(atMost: Self.cancelGraceNanoseconds) {
      measurements.allSatisfy { $0.openOrders.isEmpty }
    }
    noteIntervals(until: Clock.monotonicNanoseconds())
    return report
  }

  private func loadVenues(scratch: String) throws(MeasuringError) {
    var failures: [String] = []
    for index in try chosen() {
      do throws(MeasuringError) {
        let venue = try MeasuredVenue.load(
          index, of: settings, orders: options.orders, scratch: scratch)
        try add(venue)
      } catch {
        // One venue that is down costs itself only.
        guard case .unreachable(let words) = error else { throw error }
        failures.append(words)
        note(words)
      }
    }
    guard !measurements.isEmpty else { throw .unreachable(failures.joined(separator: "\n")) }
    unreachable = failures
  }

  private var unreachable: [String] = []

  private func add(_ venue: MeasuredVenue) throws(MeasuringError) {
    do throws(PlatformError) {
      measurements.append(
        try VenueMeasurement(
          venue, options: options, loop: loop, connector: connector, clock: clock))
    } catch {
      throw .system("\(venue.name): \(error)")
    }
  }

  private func chosen() throws(MeasuringError) -> [Int] {
    let names = settings.venues.map(\.gateway.name)
    for name in options.venues where !names.contains(name) {
      throw .usage(
        "no venue '\(name)' in the settings; they have \(names.joined(separator: ", "))")
    }
    return names.indices.filter {
      options.venues.isEmpty || options.venues.contains(names[$0])
    }
  }

  private func measureIntervals(from start: Int64) {
    let total = Int64(options.seconds) * 1_000_000_000
    let grace = Int64(options.timeoutMilliseconds) * 1_000_000
    var boundary = start + options.logIntervalNanoseconds
    intervalStart = start
    while !stop.value {
      let now = Clock.monotonicNanoseconds()
      let isOver = now >= start + total
      if isOver && (measurements.allSatisfy(\.hasEnded) || now >= start + total + grace) { return }
      turn(atMost: min(boundary - now, 500_000_000)) {
        stop.value || isOver && isAllAnswered
      }
      if Clock.monotonicNanoseconds() >= boundary {
        noteIntervals(until: boundary)
        boundary += options.logIntervalNanoseconds
      }
      tellProgress(since: start)
    }
  }

  private var isAllAnswered: Bool { measurements.allSatisfy(\.hasEnded) }

  private func tellProgress(since start: Int64) {
    let elapsed = max(Clock.monotonicNanoseconds() - start, 0) / 1_000_000_000
    progress(
      Progress(
        seconds: min(Int(elapsed), options.seconds), ofSeconds: options.seconds,
        answered: measurements.reduce(0) { $0 + $1.answered }))
  }

  /// Runs the loop until the condition holds, but no longer than the time.
  private func turn(atMost nanoseconds: Int64, until isDone: () -> Bool) {
    let deadline = Clock.monotonicNanoseconds() + nanoseconds
    while !isDone() {
      let left = deadline - Clock.monotonicNanoseconds()
      guard left > 0 else { return }
      loop.runOnce(timeoutNanoseconds: min(left, 50_000_000))
    }
  }

  // MARK: Results

  private var intervalStart: Int64 = 0

  private func noteIntervals(until end: Int64) {
    let start = clock.timestamp(monotonicNanoseconds: intervalStart).nanoseconds
    for measurement in measurements {
      for (probe, histogram) in measurement.takeIntervals() {
        log.intervals.append(
          HistogramLog.Interval(
            tag: "\(measurement.venue.name).\(probe.rawValue)", startNanoseconds: start,
            lengthNanoseconds: end - intervalStart, histogram: histogram))
      }
    }
    intervalStart = end
  }

  private var report: MeasurementReport {
    var log = log
    log.comments = [
      "venues measured by sluice latency venues, in nanoseconds from the intended start",
      "rate=\(options.rate)/s of each kind, seconds=\(options.seconds), mode=\(settings.mode)",
    ]
    return MeasurementReport(
      mode: settings.mode.rawValue, startNanoseconds: log.startNanoseconds,
      seconds: options.seconds, rate: options.rate, venues: measurements.map(\.result),
      unreachable: unreachable, log: log)
  }
}

/// Keeps the service and a measurement with orders from using one account at a time.
///
/// Both would sign with nonces of their own, and the venue would refuse those of one of them.
private enum ServiceLock {
  static func take(
    _ settings: ServiceSettings, orders: MeasuringOptions.Orders
  ) throws(MeasuringError) -> DurableFile? {
    let path = "\(settings.stateDirectory)/journal/lock"
    guard orders.areResting, FileSystem.exists(path) else { return nil }
    do throws(PlatformError) {
      let file = try DurableFile(path, .write)
      guard try file.lock() else {
        throw PlatformError(operation: "lock", detail: "")
      }
      return file
    } catch {
      throw .refused(
        "the service runs with this state_directory (\(settings.stateDirectory)), and both would"
          + " sign with the same key: end it, or measure without --orders")
    }
  }
}
