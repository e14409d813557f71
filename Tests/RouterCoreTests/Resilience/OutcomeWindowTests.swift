import RouterCore
import Testing

/// Thinning out new orders while a venue refuses most of them.
struct OutcomeWindowTests {
  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: (1_700_000_000 + seconds) * 1_000_000_000)
  }

  private func window(accepted: Int, refused: Int) -> OutcomeWindow {
    var window = OutcomeWindow()
    for _ in 0..<accepted { window.record(isAccepted: true, at: time(0)) }
    for _ in 0..<refused { window.record(isAccepted: false, at: time(0)) }
    return window
  }

  /// How many of all draws up to one more than the requests are refused.
  private func refusals(_ window: OutcomeWindow, at seconds: Int64 = 0) -> Int {
    let requests = window.counts(at: time(seconds)).requests
    return (0...requests).count { window.refuses(draw: $0, at: time(seconds)) }
  }

  @Test func `while half of them are taken nothing is refused`() {
    #expect(refusals(window(accepted: 10, refused: 0)) == 0)
    #expect(refusals(window(accepted: 10, refused: 10)) == 0)
    #expect(refusals(OutcomeWindow()) == 0)
  }

  @Test func `the share that is refused is what lies beyond twice the accepted ones`() {
    #expect(refusals(window(accepted: 10, refused: 11)) == 1)
    #expect(refusals(window(accepted: 10, refused: 90)) == 80)
    #expect(refusals(window(accepted: 0, refused: 9)) == 9)
  }

  @Test func `what is older than a minute is forgotten`() {
    let window = window(accepted: 0, refused: 9)
    #expect(refusals(window, at: 54) == 9)
    #expect(refusals(window, at: 61) == 0)
  }

  @Test func `a slot that comes again begins from nothing`() {
    var window = window(accepted: 0, refused: 9)
    window.record(isAccepted: true, at: time(60))
    #expect(window.counts(at: time(60)) == (1, 1))
  }
}
