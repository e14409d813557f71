import Testing
import Wire

@testable import RouterService

struct ProbeSeriesTests {
  @Test func `an interval holds what came since the last one`() {
    var series = ProbeSeries(.ping)
    #expect(series.takeInterval() == nil)
    series.answer(intended: 0, started: 5, finished: 100)
    series.observe(200)
    #expect(series.takeInterval()?.totalCount == 2)
    #expect(series.takeInterval() == nil)
    series.observe(300)
    #expect(series.takeInterval()?.maximum == 300)
    #expect(series.count == 3)
  }

  @Test func `a start later than a millisecond is late`() {
    var series = ProbeSeries(.rest)
    series.answer(intended: 0, started: 1_000_000, finished: 1_000_001)
    series.answer(intended: 0, started: 1_000_001, finished: 1_000_002)
    #expect(series.late == 1)
    #expect(series.service.maximum == 1)
  }

  @Test func `the first failure is kept, and failures are no samples`() {
    var series = ProbeSeries(.rest)
    series.fail("refused")
    series.fail("broken")
    #expect(series.failed == 2)
    #expect(series.firstFailure == "refused")
    #expect(series.count == 0)
  }
}
