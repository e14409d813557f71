/// The identity of an order that we send to a venue; never reused.
///
/// 112 bits: instance 24, epoch 24, the eight upper bits of the epoch, parent 40, child 16; the
/// epoch is split because it had 24 bits once, and ids of then must stay what they were. The epoch
/// grows at every start, so an id stays unique even if a power cut took the last facts. An id is
/// rendered in the venue's alphabet and parsed back: that is how an order of ours is recognised
/// after a crash.
package struct ChildOrderID: Sendable, Hashable, Comparable, BitwiseCopyable {
  package let instance: UInt32
  package let epoch: UInt32
  package let parent: ParentOrderID
  package let child: UInt16

  package init(instance: UInt32, epoch: UInt32, parent: ParentOrderID, child: UInt16) {
    precondition(instance < 1 << 24 && parent.rawValue < 1 << 40)
    self.instance = instance
    self.epoch = epoch
    self.parent = parent
    self.child = child
  }

  package static func < (a: ChildOrderID, b: ChildOrderID) -> Bool {
    (a.instance, a.epoch, a.parent.rawValue, a.child)
      < (b.instance, b.epoch, b.parent.rawValue, b.child)
  }

  /// The id as a number of 112 bits.
  package var bits: UInt128 {
    UInt128(instance) << 88 | UInt128(epoch & 0xFF_FFFF) << 64 | UInt128(epoch >> 24) << 56
      | UInt128(parent.rawValue) << 16 | UInt128(child)
  }

  package init?(bits: UInt128) {
    guard bits >> 112 == 0 else { return nil }
    instance = UInt32(truncatingIfNeeded: bits >> 88) & 0xFF_FFFF
    epoch =
      UInt32(truncatingIfNeeded: bits >> 64) & 0xFF_FFFF
      | (UInt32(truncatingIfNeeded: bits >> 56) & 0xFF) << 24
    parent = ParentOrderID(UInt64(truncatingIfNeeded: bits >> 16) & 0xFF_FFFF_FFFF)
    child = UInt16(truncatingIfNeeded: bits)
  }
}
