/// The upper ends of a node's venues that need not trade: the greatest few, the greatest first.
struct LargestRooms: ~Copyable, Sendable {
  private(set) var count = 0
  private var rooms = FixedBuffer<Int64>(repeating: 0, count: RoutePlan.maximumLegs)

  subscript(place: Int) -> Int64 { @inline(__always) get { rooms[place] } }

  /// Finds the greatest `most` of the first `venues` venues.
  mutating func sort(
    low: borrowing FixedBuffer<Int64>, high: borrowing FixedBuffer<Int64>, _ venues: Int,
    most: Int
  ) {
    count = 0
    guard most > 0 else { return }
    for venue in 0..<venues {
      let room = unsafe high.base[venue]
      guard unsafe low.base[venue] == 0, room > 0 else { continue }
      if count < most {
        count &+= 1
      } else if room <= rooms[most &- 1] {
        continue
      }
      var place = count &- 1
      while unsafe place > 0 && rooms.base[place &- 1] < room {
        unsafe rooms.base[place] = rooms.base[place &- 1]
        place &-= 1
      }
      unsafe rooms.base[place] = room
    }
  }
}
