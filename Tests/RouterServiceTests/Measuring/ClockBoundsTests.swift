import Testing

@testable import RouterService

struct ClockBoundsTests {
  private static let second: Int64 = 1_000_000_000

  /// A venue whose clock is ahead by `offset` and shows whole units, reached in `there` and back in
  /// `back`.
  private struct Venue {
    var offset: Int64
    var resolution: Int64
    var there: Int64
    var back: Int64

    func ask(_ bounds: inout ClockBounds, at time: Int64) {
      let shown = (time + there + offset) / resolution * resolution
      bounds.record(
        askedAt: time, earliest: shown, resolution: resolution,
        receivedAt: time + there + back)
    }
  }

  @Test func `an even way there and back gives the offset to the resolution`() {
    let venue = Venue(offset: 42_000_000, resolution: 1, there: 5_000_000, back: 5_000_000)
    var bounds = ClockBounds()
    #expect(!bounds.isKnown)
    venue.ask(&bounds, at: 10 * Self.second)
    #expect(bounds.offset == 42_000_000)
    #expect(bounds.uncertainty == 5_000_001)
    #expect(bounds.leastRoundTrip == 10_000_000)
  }

  @Test(arguments: [0, 123_456_789, -777_000_000, 3_400_000_000] as [Int64])
  func `a clock of whole seconds is known to the round trip after twelve questions`(
    offset: Int64
  ) {
    let venue = Venue(offset: offset, resolution: Self.second, there: 700_000, back: 1_300_000)
    var bounds = ClockBounds()
    var now = 1_764_000_000 * Self.second + 271_828_182
    for _ in 0..<12 {
      now = bounds.usefulTime(after: now + 200_000_000, resolution: Self.second)
      venue.ask(&bounds, at: now)
    }
    #expect(bounds.uncertainty <= 2_000_000)
    #expect(abs(bounds.offset - offset) <= bounds.uncertainty)
  }

  @Test func `the truth is always within the bounds, whatever the ways take`() {
    var random: UInt64 = 7
    var bounds = ClockBounds()
    for turn in 0..<200 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let venue = Venue(
        offset: -5_000_000, resolution: 1_000_000, there: Int64(random >> 40),
        back: Int64(random >> 24 & 0xff_ffff))
      venue.ask(&bounds, at: Int64(turn) * 311_000_000 + 10 * Self.second)
      #expect(bounds.lowest <= -5_000_000 && bounds.highest >= -5_000_000)
    }
  }

  @Test func `a clock that was set makes what was proved before worthless`() {
    var bounds = ClockBounds()
    Venue(offset: 0, resolution: 1, there: 10, back: 10).ask(&bounds, at: 1000)
    Venue(offset: Self.second, resolution: 1, there: 10, back: 10).ask(&bounds, at: 2000)
    #expect(abs(bounds.offset - Self.second) <= bounds.uncertainty)
    #expect(bounds.uncertainty < 100)
  }

  @Test func `times that no clock shows are not believed`() {
    var bounds = ClockBounds()
    bounds.record(askedAt: -100, earliest: .max, resolution: 1000, receivedAt: -50)
    bounds.record(askedAt: 100, earliest: .min, resolution: 1, receivedAt: 200)
    #expect(bounds.answers == 2)
  }
}
