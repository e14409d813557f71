import RouterCore
import Testing

@testable import VenueAdapters

struct OrderOwnersTests {
  private func child(_ number: UInt16) -> ChildOrderID {
    ChildOrderID(instance: 1, epoch: 1, parent: ParentOrderID(1), child: number)
  }

  @Test func `only what is known to be another's is another's`() {
    var owners = OrderOwners<Int>()
    owners.note(5, of: nil)
    owners.note(3, of: child(1))
    owners.note(9, of: child(2))
    #expect(owners.isAnothers(5, than: child(1)))
    #expect(!owners.isAnothers(3, than: child(1)))
    #expect(owners.isAnothers(3, than: child(2)))
    #expect(!owners.isAnothers(4, than: child(1)))
    owners.note(5, of: child(1))
    #expect(!owners.isAnothers(5, than: child(1)))
  }

  @Test func `it agrees with a plain list in any order and forgets no more than half`() {
    var owners = OrderOwners<Int>(capacity: 64)
    var noted: [Int] = []
    var state: UInt64 = 7
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let id = Int(state >> 40) % 5000
      owners.note(id, of: nil)
      noted.removeAll { $0 == id }
      noted.append(id)
      for recent in noted.suffix(32) { #expect(owners.isAnothers(recent, than: child(1))) }
    }
    let known = (0..<5000).filter { owners.isAnothers($0, than: child(1)) }
    #expect(known.count <= 64)
    #expect(known.allSatisfy(noted.contains))
  }
}
