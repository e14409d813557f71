/// One value at a place of its own, which its owner alone may change.
///
/// For the large parts of the core: the compiler copies a structure at many a call, and then copies
/// no more than a pointer of what is kept here.
@safe
struct HeapBox<Value: ~Copyable>: ~Copyable {
  private let place: UnsafeMutablePointer<Value>

  init(_ value: consuming Value) {
    unsafe place = .allocate(capacity: 1)
    unsafe place.initialize(to: value)
  }

  deinit {
    unsafe place.deinitialize(count: 1)
    unsafe place.deallocate()
  }

  var value: Value {
    @inline(__always) _read { yield unsafe place.pointee }
    @inline(__always) _modify { yield unsafe &place.pointee }
  }
}

extension HeapBox: @unchecked Sendable where Value: ~Copyable & Sendable {}
