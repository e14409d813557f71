extension ShortText: TableKey {
  package var tableHash: UInt64 {
    var hash = mixed(word(0))
    for index in 1..<5 { hash = mixed(hash ^ word(index)) }
    return hash
  }
}

extension ChildOrderID: TableKey {
  package var tableHash: UInt64 {
    mixed(UInt64(truncatingIfNeeded: bits) ^ mixed(UInt64(truncatingIfNeeded: bits >> 64)))
  }
}

extension ParentOrderID: TableKey {
  package var tableHash: UInt64 { mixed(rawValue) }
}

/// An execution as its venue names it.
package struct ExecutionKey: Sendable, Equatable, BitwiseCopyable, TableKey {
  package var venue: VenueID
  package var executionID: ShortText

  package var tableHash: UInt64 { executionID.tableHash ^ mixed(UInt64(venue.rawValue)) }
}
