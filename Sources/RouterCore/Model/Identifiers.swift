/// A venue's place in the core's tables.
public struct VenueID: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt8
  @inlinable public init(_ rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: VenueID, b: VenueID) -> Bool { a.rawValue < b.rawValue }
}

/// An asset's place in the core's tables.
public struct AssetID: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: AssetID, b: AssetID) -> Bool { a.rawValue < b.rawValue }

  /// An asset that no setting names; what is booked under it raises an alarm.
  public static let unlisted = AssetID(.max)
}

/// An instrument's place in the core's tables.
public struct InstrumentID: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: InstrumentID, b: InstrumentID) -> Bool {
    a.rawValue < b.rawValue
  }
}

/// The place of an instrument at one venue in the core's tables.
public struct ListingID: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: ListingID, b: ListingID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of a client's order, unique for this instance for ever; 48 bits.
package struct ParentOrderID: Sendable, Hashable, Comparable, BitwiseCopyable {
  package var rawValue: UInt64
  package init(_ rawValue: UInt64) {
    precondition(rawValue < 1 << 48)
    self.rawValue = rawValue
  }
  package static func < (a: ParentOrderID, b: ParentOrderID) -> Bool { a.rawValue < b.rawValue }
}
