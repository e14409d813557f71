import RouterCore
import Testing

@testable import VenueAdapters

/// The table of orders against what a look through all of them says.
struct CoinbaseExchangeOrdersTests {
  private func id(_ number: UInt64, epoch: UInt32 = 1) -> ChildOrderID {
    ChildOrderID(
      instance: 7, epoch: epoch, parent: ParentOrderID(number / 3 + 1), child: UInt16(number % 3))
  }

  private func expectConsistent(_ orders: CoinbaseExchangeOrders) {
    let least = orders.entries.map { min($0.streamDueAt, $0.reconcileAt) }.min()
    #expect(orders.nextDeadline == least ?? .distantFuture)
    for (index, order) in orders.entries.enumerated() {
      #expect(orders.index(of: order.id) == index)
    }
  }

  @Test func `orders are found and their deadlines kept through all changes`() {
    var orders = CoinbaseExchangeOrders()
    var random = OrderRandom(state: 11)
    for number in 0..<3000 as Range<UInt64> {
      // Two epochs with the same numbers differ.
      let index = orders.add(id(number / 2, epoch: UInt32(number % 2 + 1)), product: 0)
      orders[index].streamDueAt = Timestamp(nanoseconds: Int64(random.below(1000)))
      let other = Int(random.below(UInt64(orders.entries.count)))
      switch random.below(6) {
      case 0, 1, 2: orders.finish(other)
      case 3: orders.miss(other)
      case 4: orders.watch(other, from: Timestamp(nanoseconds: Int64(random.below(1000))))
      default: if random.below(200) == 0 { orders.loseStream() }
      }
      if number % 97 == 0 { expectConsistent(orders) }
    }
    expectConsistent(orders)
  }

  @Test func `the oldest that have ended leave, open ones never`() {
    var orders = CoinbaseExchangeOrders()
    for number in 0..<2000 as Range<UInt64> {
      let index = orders.add(id(number), product: 0)
      if number % 4 != 0 { orders.finish(index) }
    }
    for number in stride(from: 0, to: 2000, by: 4) as StrideTo<UInt64> {
      #expect(orders.index(of: id(number)) != nil)
    }
    #expect(orders.index(of: id(1)) == nil && orders.index(of: id(1999)) != nil)
    #expect(orders.entries.count < 600)
  }

  @Test func `an order that is known keeps its place`() {
    var orders = CoinbaseExchangeOrders()
    let first = orders.add(id(1), product: 0)
    _ = orders.add(id(2), product: 0)
    #expect(orders.add(id(1), product: 1) == first && orders.entries.count == 2)
  }
}
