import RouterCore
import Testing

/// Ids as venues have them, and back.
struct ChildOrderIDTests {
  private static let ids = [
    ChildOrderID(instance: 0, epoch: 0, parent: ParentOrderID(0), child: 0),
    ChildOrderID(instance: 1, epoch: 57_000_000, parent: ParentOrderID(12), child: 1),
    ChildOrderID(
      instance: 0xABCDEF, epoch: 0x0112_3456, parent: ParentOrderID(0x02_0304_0506), child: 0x0708),
    ChildOrderID(
      instance: 0xFF_FFFF, epoch: .max, parent: ParentOrderID((1 << 40) - 1), child: .max),
  ]

  @Test(arguments: ids)
  func `an id comes back from each form`(id: ChildOrderID) {
    #expect(ChildOrderID(bits: id.bits) == id)
    #expect(ChildOrderID(uuid: Array(id.uuid.string.utf8)) == id)
    #expect(ChildOrderID(short: Array(id.short.string.utf8)) == id)
  }

  @Test func `ids of routers whose epochs had 24 bits read as they did`() {
    let id = ChildOrderID(
      instance: 0xABCDEF, epoch: 0x123456, parent: ParentOrderID(0x3_0405_0607), child: 0x0809)
    #expect(id.short.string == "sl-abcdef1234560003040506070809")
    #expect(ChildOrderID(short: Array("sl-abcdef1234560003040506070809".utf8)) == id)
  }

  @Test func `upper bits of the epoch stand before the parent`() {
    let id = ChildOrderID(
      instance: 1, epoch: 0x0256_789A, parent: ParentOrderID(7), child: 3)
    #expect(id.short.string == "sl-00000156789a0200000000070003")
  }

  @Test func `ids are in the order of instance, epoch, parent and child`() {
    let low = ChildOrderID(instance: 1, epoch: 0xFF_FFFF, parent: ParentOrderID(9), child: 9)
    let high = ChildOrderID(instance: 1, epoch: 0x100_0000, parent: ParentOrderID(1), child: 1)
    #expect(low < high)
    #expect(low < ChildOrderID(instance: 2, epoch: 1, parent: ParentOrderID(1), child: 1))
    #expect(high < ChildOrderID(instance: 1, epoch: 0x100_0000, parent: ParentOrderID(2), child: 0))
  }
}
