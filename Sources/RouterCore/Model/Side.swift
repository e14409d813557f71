/// Which way an order trades the base asset.
public enum Side: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case buy = 1
  case sell = 2

  @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
}
