import RouterCore
import Testing

/// Books change at once; what to do about it is decided when all that was ready is in.
struct MarketReviewTests {
  @Test func `a plan that is only tried changes nothing`() throws {
    let (tried, other) = (CoreHarness(), CoreHarness())
    for harness in [tried, other] {
      harness.submit(harness.order("a", 10, limit: 9_950))
      harness.submit(harness.order("b", 10, side: .sell, limit: 10_100))
    }
    for turn in 0..<5 {
      tried.core.previewWaiting(turn, at: tried.now)
      tried.core.prepareMemory()
    }
    #expect(tried.core.stateHash == other.core.stateHash)
    for harness in [tried, other] {
      harness.book(1, bids: [(9_940, 100)], asks: [(9_945, 7)])
      #expect(harness.releaseAll().map(\.quantity.mantissa) == [7])
    }
    #expect(tried.facts == other.facts)
  }

  private func waiting(_ harness: CoreHarness) throws -> ParentOrderID {
    let parent = try #require(harness.submit(harness.order("waits", 10, limit: 10_000)))
    harness.pass(milliseconds: 50)
    harness.isReviewing = false
    return parent
  }

  @Test func `a change plans nothing before the review`() throws {
    let harness = CoreHarness()
    _ = try waiting(harness)
    harness.book(0, bids: [], asks: [(9_990, 50)])
    #expect(harness.unreleased.isEmpty && harness.hasMarketChanges)
    harness.process(.marketReview)
    #expect(harness.unreleased.map(\.limitPrice.mantissa) == [9_990])
    #expect(!harness.hasMarketChanges)
  }

  @Test func `a plan sees every book that was ready, not the first alone`() throws {
    let harness = CoreHarness()
    _ = try waiting(harness)
    harness.book(0, bids: [], asks: [(10_000, 50)])
    harness.book(1, bids: [], asks: [(9_980, 50)])
    harness.book(0, bids: [], asks: [(10_010, 50)])
    harness.process(.marketReview)
    #expect(harness.unreleased.map(\.limitPrice.mantissa) == [9_980])
  }

  @Test func `a price that is gone by the review sends nothing`() throws {
    let harness = CoreHarness()
    _ = try waiting(harness)
    harness.book(0, bids: [], asks: [(9_990, 50)])
    harness.book(0, bids: [], asks: [(10_010, 50)])
    harness.process(.marketReview)
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `a stop fires on prices that are gone by the review`() throws {
    let harness = CoreHarness()
    let parent = try #require(
      harness.submit(harness.order("stop", 10, type: .stop, stop: 10_100)))
    harness.isReviewing = false
    for index in 0..<2 { harness.book(index, bids: [(10_100, 9)], asks: [(10_110, 9)]) }
    for index in 0..<2 { harness.book(index, bids: [(9_990, 9)], asks: [(10_010, 9)]) }
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a change after a review is noted again`() throws {
    let harness = CoreHarness()
    _ = try waiting(harness)
    for ask: Int64 in [10_020, 10_015, 9_990] {
      harness.book(2, bids: [], asks: [(ask, 50)])
      #expect(harness.hasMarketChanges)
      harness.process(.marketReview)
      #expect(!harness.hasMarketChanges)
    }
    #expect(harness.unreleased.count == 1)
  }
}
