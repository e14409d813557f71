import Testing

@testable import Wire

struct HistogramLayoutTests {
  @Test func `a nanosecond to an hour with three digits takes 33,792 counters`() throws {
    let hour = try #require(
      HistogramLayout(lowest: 1, highest: 3_600_000_000_000, significantDigits: 3))
    #expect(hour.subBucketCount == 2048)
    #expect(hour.bucketCount == 32)
    #expect(hour.counterCount == 33792)
  }

  @Test func `a nanosecond to a minute with two digits takes 3,840 counters`() throws {
    let minute = try #require(
      HistogramLayout(lowest: 1, highest: 60_000_000_000, significantDigits: 2))
    #expect(minute.counterCount == 3840)
  }

  @Test(arguments: [
    (lowest: Int64(0), highest: Int64(100), digits: 3), (1, 1, 3), (1, 100, 6), (1, 100, -1),
    (1 << 60, .max, 5), (-1, 100, 3), (100, 199, 2), (1, -5, 2), (.min, .max, 3),
  ])
  func `a range or precision that can not be is no layout`(
    lowest: Int64, highest: Int64, digits: Int
  ) {
    #expect(
      HistogramLayout(lowest: lowest, highest: highest, significantDigits: digits) == nil)
  }

  @Test(arguments: [(1, 0), (1, 1), (1, 3), (1000, 2), (1 << 40, 3)])
  func `every counter begins where the one before ends`(lowest: Int64, digits: Int) throws {
    let layout = try #require(
      HistogramLayout(lowest: lowest, highest: .max, significantDigits: digits))
    var next: Int64 = 0
    for index in 0..<layout.counterCount {
      let value = layout.value(at: index)
      let last = layout.highestEquivalent(to: value)
      guard value == next, layout.index(of: value) == index, layout.index(of: last) == index,
        layout.lowestEquivalent(to: last) == value
      else {
        Issue.record("counter \(index) of \(layout)")
        break
      }
      if index < layout.counterCount - 1 { next = last + 1 }
    }
    #expect(layout.highestEquivalent(to: next) == .max)
  }

  @Test(arguments: 1...5)
  func `values that share a counter differ by less than the precision`(digits: Int) throws {
    let layout = try #require(
      HistogramLayout(lowest: 1, highest: .max, significantDigits: digits))
    var power: Int64 = 1
    for _ in 0..<digits { power *= 10 }
    let tooWide = stride(from: 1, to: layout.counterCount, by: digits < 4 ? 1 : 97).first {
      layout.equivalentRange(of: layout.value(at: $0)) - 1 > layout.value(at: $0) / power
    }
    #expect(tooWide == nil)
  }
}
