/// The gates of an order before it is planned and of a child before it leaves.
package struct RiskLimits: Sendable, Hashable, BitwiseCopyable {
  /// The greatest value of one parent in its quote asset.
  package var maximumOrderValue: Amount
  /// Parents that may be open at once.
  package var maximumOpenParents: Int32
  /// How far beyond the touch of the consolidated book a parent may trade.
  package var collarBasisPoints: Int32
  /// A book older than this is not routed on.
  package var maximumBookAgeMilliseconds: Int64
  /// Children of one parent over all its waves.
  package var maximumChildrenPerParent: Int32

  package init(
    maximumOrderValue: Amount, maximumOpenParents: Int32, collarBasisPoints: Int32,
    maximumBookAgeMilliseconds: Int64, maximumChildrenPerParent: Int32
  ) {
    self.maximumOrderValue = maximumOrderValue
    self.maximumOpenParents = maximumOpenParents
    self.collarBasisPoints = collarBasisPoints
    self.maximumBookAgeMilliseconds = maximumBookAgeMilliseconds
    self.maximumChildrenPerParent = maximumChildrenPerParent
  }

  /// Nothing passes until limits are loaded.
  package static let closed = RiskLimits(
    maximumOrderValue: .zero, maximumOpenParents: 0, collarBasisPoints: 0,
    maximumBookAgeMilliseconds: 0, maximumChildrenPerParent: 0)
}
