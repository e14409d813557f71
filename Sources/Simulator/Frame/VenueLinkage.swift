internal import RouterCore

/// One venue with its network, as the simulated router sees it.
///
/// All times are of the simulation: they never jump, whatever the router's clock shows. Times in
/// what is delivered (`queriedAt`, `observedAt`, `receivedAt`) are of the simulation, too; the frame
/// turns them into the router's. `start` is followed by the venue's definition, its listings, and
/// links that come up, as with the real service. The same calls with the same seed give the same
/// deliveries.
protocol VenueLinkage: AnyObject {
  var venue: VenueID { get }
  /// The router process has started: connections are opened, the adapter knows nothing.
  func start(at now: Timestamp)
  /// Takes a command of the core that has passed release.
  func execute(_ command: VenueCommand, at now: Timestamp)
  func refreshBook(_ listing: ListingID, at now: Timestamp)
  /// The earliest time at which `advance` does something.
  var nextEventTime: Timestamp { get }
  /// Does what is due and delivers what it brings, in order; takes no command meanwhile.
  func advance(to now: Timestamp, _ deliver: (borrowing EventBatch) -> Void)
  /// Asked right before the bytes of a new order leave.
  var mayStillSend: ((ChildOrderID) -> Bool)? { get set }
  /// The router process has died: bytes in flight to the venue may arrive or not, the venue lives.
  func crash(at now: Timestamp)
  /// Something happens at the venue or on the way to it that is no answer to the router.
  func disturb(_ disturbance: VenueDisturbance, seed: UInt64, at now: Timestamp)
  /// The end of a history: no new faults, and what is broken mends.
  func setFaults(_ areOn: Bool, at now: Timestamp)

  // From the venue's own side, independent of what the router or an adapter believes.

  /// How many orders of ours the venue has ever accepted, each copy counted.
  var acceptedOrderCount: Int { get }
  /// The accepted order with this number, in the order of acceptance.
  func acceptedOrder(at number: Int) -> VenueTruth.Order
  /// All that was accepted under an id; `nil` if nothing was.
  func acceptedOrder(_ id: ChildOrderID) -> VenueTruth.Order?
  /// Every execution of ours so far.
  var executions: [VenueTruth.Execution] { get }
  /// By how much our orders alone have moved an asset.
  func change(of asset: AssetID) -> Int128
  /// Orders refused for want of money although nobody but us had touched the account.
  var overdraws: Int { get }
  /// Open orders under ids of ours that were not sent by this history's routers.
  var orphans: Int { get }
}

/// What a venue knows about our orders.
enum VenueTruth {
  struct Order: Sendable, Equatable {
    var id: ChildOrderID
    var quantity: Quantity
    var filled: Quantity
    var isOpen: Bool
    /// How often an order with this id was accepted.
    var copies: Int
    /// The venue has filled more than it should or after it had said that the order was over.
    var isLie: Bool

    init(
      id: ChildOrderID, quantity: Quantity, filled: Quantity, isOpen: Bool, copies: Int,
      isLie: Bool
    ) {
      self.id = id
      self.quantity = quantity
      self.filled = filled
      self.isOpen = isOpen
      self.copies = copies
      self.isLie = isLie
    }
  }

  struct Execution: Sendable, Equatable {
    var child: ChildOrderID
    var executionID: ShortText
    var quantity: Quantity
    var price: Price
    /// In units of `Amount`.
    var fee: Int128
    var feeAsset: AssetID

    init(
      child: ChildOrderID, executionID: ShortText, quantity: Quantity, price: Price, fee: Int128,
      feeAsset: AssetID
    ) {
      self.child = child
      self.executionID = executionID
      self.quantity = quantity
      self.price = price
      self.fee = fee
      self.feeAsset = feeAsset
    }
  }
}

/// What can happen to a venue by itself.
enum VenueDisturbance: UInt8, Sendable, CaseIterable {
  /// The market moves: one or more changes of the books.
  case market = 0
  /// A book that is crossed, or has absurd prices or sizes.
  case oddMarket
  /// A gap in a book's sequence.
  case marketGap
  /// Somebody else trades on the account, or moves money.
  case foreignActivity
  case dropCopyCut
  case orderEntryCut
  case marketDataCut
  /// The venue is down, or in maintenance, for a while.
  case outage
  /// Increments, minima, fees or the status of a listing change.
  case listingChange
  /// An order with an id of ours that the journal does not know.
  case stranger
  /// Reports that fit nothing.
  case garbage
  /// For a while answers take ten seconds.
  case slowness
  /// For a while nothing is taken and nothing answered.
  case refusal
  /// Links fall and come up again, many times in a row.
  case flapping
}
