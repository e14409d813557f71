import Testing
import Wire

@testable import RouterService

struct OpenLoopScheduleTests {
  private static let second: Int64 = 1_000_000_000
  private static let millisecond: Int64 = 1_000_000

  /// Drives a schedule by a virtual clock against a server that takes `serviceTime` for a request
  /// begun at a given time, up to `limit` at once, and never answers out of order.
  private static func run(
    count: Int, limit: Int, interval: Int64, closingAt end: Int64 = .max,
    serviceTime: (_ startedAt: Int64) -> Int64
  ) -> ProbeSeries {
    var schedule = OpenLoopSchedule(
      start: 0, intervalNanoseconds: interval, count: count, limit: limit)
    var series = ProbeSeries(.rest)
    var begun: [(finish: Int64, intended: Int64, started: Int64)] = []
    var answered = 0
    var now: Int64 = 0
    while !schedule.hasEnded {
      while let intended = schedule.take(at: now) {
        begun.append((now + serviceTime(now), intended, now))
      }
      let nextFinish = answered < begun.count ? begun[answered].finish : .max
      now = min(nextFinish, schedule.wakeTime ?? .max)
      guard now <= end else { break }
      while answered < begun.count, begun[answered].finish <= now {
        let request = begun[answered]
        answered += 1
        schedule.finish()
        series.answer(
          intended: request.intended, started: request.started, finished: request.finish)
      }
    }
    for request in begun[answered...] { series.giveUp(intended: request.intended, at: end) }
    for intended in schedule.close(at: end) { series.omit(intended: intended, at: end) }
    return series
  }

  /// 1 ms for each request, and nothing is answered from 100 s to 200 s.
  private static func stalling(_ startedAt: Int64) -> Int64 {
    startedAt < 100 * second ? millisecond : max(200 * second - startedAt, millisecond)
  }

  private static func isNear(_ value: Int64, _ seconds: Double) -> Bool {
    abs(Double(value) / 1e9 - seconds) <= seconds / 500
  }

  /// The worked example of Gil Tene: 100 requests a second, 100 s good and 100 s stalled.
  @Test func `a stall counts for every request that should have started`() {
    let series = Self.run(
      count: 20_000, limit: 20_000, interval: 10 * Self.millisecond, serviceTime: Self.stalling)
    #expect(series.count == 20_000)
    #expect(Self.isNear(series.latency.value(atPercentile: 50), 0.001))
    #expect(Self.isNear(series.latency.value(atPercentile: 75), 50))
    #expect(Self.isNear(series.latency.value(atPercentile: 99), 98))
    #expect(Self.isNear(Int64(series.latency.mean), 25))
    #expect(series.late == 0)
  }

  @Test func `with one request at a time the closed loop sees one bad sample`() {
    let series = Self.run(
      count: 20_000, limit: 1, interval: 10 * Self.millisecond, serviceTime: Self.stalling)
    #expect(series.count == 20_000)
    #expect(series.service.value(atPercentile: 99) <= Self.millisecond + Self.millisecond / 1000)
    // All that waited behind the stall are seen by the open loop.
    #expect(Self.isNear(series.latency.value(atPercentile: 75), 55))
    #expect(series.late == 9_999)
  }

  @Test func `no more than the limit are under way`() {
    var schedule = OpenLoopSchedule(start: 0, intervalNanoseconds: 10, count: 5, limit: 2)
    #expect(schedule.take(at: 100) == 0)
    #expect(schedule.take(at: 100) == 10)
    #expect(schedule.take(at: 100) == nil)
    #expect(schedule.wakeTime == nil)
    schedule.finish()
    #expect(schedule.take(at: 100) == 20)
    #expect(schedule.inFlight == 2)
  }

  @Test func `nothing starts before its time`() {
    var schedule = OpenLoopSchedule(start: 1000, intervalNanoseconds: 10, count: 2, limit: 2)
    #expect(schedule.take(at: 999) == nil)
    #expect(schedule.wakeTime == 1000)
    #expect(schedule.take(at: 1000) == 1000)
    #expect(schedule.wakeTime == 1010)
    #expect(!schedule.hasEnded)
  }

  @Test func `what never had room is told when the schedule closes`() {
    var schedule = OpenLoopSchedule(start: 0, intervalNanoseconds: 10, count: 100, limit: 1)
    #expect(schedule.take(at: 0) == 0)
    #expect(schedule.close(at: 35) == [10, 20, 30])
    #expect(schedule.take(at: 1000) == nil)
    schedule.finish()
    #expect(schedule.hasEnded)
  }

  @Test func `what is never answered counts with the time it waited`() {
    let series = Self.run(
      count: 10, limit: 4, interval: Self.second, closingAt: 9 * Self.second,
      serviceTime: { _ in 1000 * Self.second })
    #expect(series.answered == 0)
    #expect(series.unanswered == 4)
    #expect(series.omitted == 6)
    #expect(series.count == 10)
    #expect(series.service.totalCount == 0)
    #expect(Self.isNear(series.latency.maximum, 9))
  }
}
