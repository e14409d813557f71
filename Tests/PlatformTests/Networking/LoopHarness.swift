import Glibc
import Platform
import Testing

/// A loop that the test itself turns, and what most tests here put on it.
final class LoopHarness {
  let loop: EventLoop
  let connector = Connector()

  init() throws {
    loop = try EventLoop()
  }

  /// Turns the loop until `condition` holds; gives up after many seconds.
  func run(
    sourceLocation: SourceLocation = #_sourceLocation, until condition: () -> Bool
  ) throws {
    let limit = Clock.monotonicNanoseconds() + 60_000_000_000
    while !condition() {
      loop.runOnce(timeoutNanoseconds: 50_000_000)
      try #require(
        Clock.monotonicNanoseconds() < limit, "gave up waiting", sourceLocation: sourceLocation)
    }
  }

  /// Turns the loop a few times, for what must not happen.
  func settle(milliseconds: Int64 = 100) {
    let end = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    while Clock.monotonicNanoseconds() < end { loop.runOnce(timeoutNanoseconds: 5_000_000) }
  }

  func connect(_ endpoint: Endpoint, timeoutMilliseconds: Int = 10_000) throws -> Result<
    ByteStream, PlatformError
  > {
    var outcome: Result<ByteStream, PlatformError>?
    connector.connect(endpoint, timeoutMilliseconds: timeoutMilliseconds, on: loop) {
      outcome = $0
    }
    try run { outcome != nil }
    return try #require(outcome)
  }
}
