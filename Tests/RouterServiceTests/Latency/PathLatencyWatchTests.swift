import RouterService
import Testing

/// When the core is told what its own path takes.
struct PathLatencyWatchTests {
  @Test func `few orders say nothing, and enough are told once`() {
    var watch = PathLatencyWatch()
    #expect(watch.news(count: 19, p99: 700) == nil)
    #expect(watch.news(count: 20, p99: 700) == 700)
    #expect(watch.news(count: 30, p99: 700) == nil)
  }

  @Test func `a change by a fifth or less is not told`() {
    var watch = PathLatencyWatch()
    _ = watch.news(count: 100, p99: 1000)
    #expect(watch.news(count: 100, p99: 1200) == nil)
    #expect(watch.news(count: 100, p99: 800) == nil)
    #expect(watch.news(count: 100, p99: 1201) == 1201)
    #expect(watch.news(count: 100, p99: 900) == 900)
  }

  /// Orders that are refused because of a stall would otherwise keep it in mind for ever.
  @Test func `what nobody measures any more is taken back`() {
    var watch = PathLatencyWatch()
    _ = watch.news(count: 20, p99: 5_000_000_000)
    #expect(watch.news(count: 0, p99: 0) == 0)
    #expect(watch.news(count: 0, p99: 0) == nil)
    #expect(watch.news(count: 25, p99: 600) == 600)
  }
}
