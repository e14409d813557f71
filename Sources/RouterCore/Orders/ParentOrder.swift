/// A client's order, worked by children until it is filled or ended.
package struct ParentOrder: Sendable, BitwiseCopyable {
  package enum Status: UInt8, Sendable, BitwiseCopyable {
    case working = 1
    /// The client asked to end it; no more is planned.
    case cancelPending = 2
    case closed = 3
    /// A stop order that has not triggered.
    case armed = 4
    /// New terms were asked for and wait for children that contradict them.
    case replacePending = 5
  }

  package let id: ParentOrderID
  /// As it was accepted, with what replacements and the trigger have changed since.
  package private(set) var order: NewOrderSingle
  /// The worst raw price at which we may trade; zero while a stop order without limit is armed.
  package private(set) var effectiveLimit: Price
  package let arrivalBid: Price
  package let arrivalAsk: Price
  package let acceptedAt: Timestamp
  package private(set) var status: Status
  /// The terms that a replacement asked for, until they stand.
  package private(set) var pendingReplacement: ParentReplacement?
  package private(set) var triggeredAt = Timestamp.distantPast
  package private(set) var outcome: ParentClosed.Outcome?
  package private(set) var closeReason = RejectReason.none
  package private(set) var closedAt = Timestamp.distantPast
  package private(set) var filledQuantity = Quantity.zero
  package private(set) var filledNotional = Notional.zero
  /// What open children may still fill, at worst.
  package private(set) var openLeaves = Quantity.zero
  package private(set) var openChildren: Int32 = 0
  /// Open children that are meant to rest.
  package private(set) var openResting: Int32 = 0
  /// Open children that were to take and of which nobody knows what became.
  package private(set) var doubtfulTakers: Int32 = 0
  /// What those that rest at the limit may still fill.
  package private(set) var residualLeaves = Quantity.zero
  /// Children over all waves; also the number of the last one.
  package private(set) var childCount: UInt16 = 0
  package private(set) var wave: UInt16 = 0

  var links = Links()

  package init(_ accepted: ParentAccepted) {
    id = accepted.id
    order = accepted.order
    effectiveLimit = accepted.effectiveLimit
    arrivalBid = accepted.arrivalBid
    arrivalAsk = accepted.arrivalAsk
    acceptedAt = accepted.at
    status = accepted.order.isStop ? .armed : .working
  }

  package var isOpen: Bool { status != .closed }
  package var deadline: Timestamp { order.deadline }

  /// What is not filled; zero if more than the order was filled.
  package var remainingQuantity: Quantity { max(order.quantity - filledQuantity, .zero) }

  /// What may be planned: not filled and not in the hands of a child.
  package var plannableQuantity: Quantity {
    #if MUTATIONS
      if Mutation.leavesAreIgnoredInPlanning.isActive { return remainingQuantity }
    #endif
    return max(order.quantity - filledQuantity.addingSaturated(openLeaves), .zero)
  }

  /// What children may hold beyond what is filled; more than `plannableQuantity` only by what the
  /// client has agreed to get beyond the order.
  package var exposableQuantity: Quantity {
    #if MUTATIONS
      if Mutation.leavesAreIgnoredInPlanning.isActive { return remainingQuantity }
    #endif
    return max(order.worstQuantity - filledQuantity.addingSaturated(openLeaves), .zero)
  }

  /// Whether fills and open children together exceed what the client has agreed to.
  package var isOverexposed: Bool {
    filledQuantity.addingSaturated(openLeaves) > order.worstQuantity
  }

  mutating func plan(wave: UInt16) { self.wave = wave }

  /// Whether no child is out that takes, so that what no child holds may be planned.
  var hasNoTaker: Bool { openChildren == openResting }

  /// Whether what takes may answer any moment, so that it decides what comes next.
  ///
  /// What became of a child in doubt may be known in minutes only. It keeps its quantity; the rest of
  /// the order does not wait for it.
  var waitsForTaker: Bool { openChildren - openResting > doubtfulTakers }

  mutating func add(_ child: ChildOrder) {
    openLeaves += child.leavesQuantity
    if child.role == .residual { residualLeaves += child.leavesQuantity }
    openChildren += 1
    if child.order.isPostOnly { openResting += 1 }
    childCount = max(childCount, child.id.child)
  }

  /// Moves the leaves of a child from what they were to what they are now.
  mutating func changeLeaves(of role: ChildRole, from old: Quantity, to new: Quantity) {
    openLeaves -= old
    openLeaves += new
    guard role == .residual else { return }
    residualLeaves -= old
    residualLeaves += new
  }

  mutating func takerDoubted() { doubtfulTakers += 1 }

  mutating func takerDoubtEnded() { doubtfulTakers -= 1 }

  mutating func childEnded(isPostOnly: Bool) {
    openChildren -= 1
    if isPostOnly { openResting -= 1 }
  }

  mutating func record(_ quantity: Quantity, _ price: Price) {
    filledQuantity = filledQuantity.addingSaturated(quantity)
    filledNotional = Notional(
      mantissa: filledNotional.mantissa &+ (price * quantity).mantissa)
  }

  mutating func requestCancel() {
    guard isOpen else { return }
    status = .cancelPending
    pendingReplacement = nil
  }

  mutating func trigger(_ triggered: ParentTriggered) {
    guard status == .armed else { return }
    status = .working
    effectiveLimit = triggered.effectiveLimit
    order.deadline = triggered.deadline
    triggeredAt = triggered.at
  }

  mutating func requestReplacement(_ replacement: ParentReplacement) {
    guard isOpen, status != .cancelPending else { return }
    if status == .working { status = .replacePending }
    pendingReplacement = replacement
  }

  mutating func replace(_ replacement: ParentReplacement) {
    guard isOpen, status != .cancelPending else { return }
    if status == .replacePending { status = .working }
    pendingReplacement = nil
    order.quantity = replacement.quantity
    order.limitPrice = replacement.limitPrice
    order.stopPrice = replacement.stopPrice
    effectiveLimit = replacement.effectiveLimit
  }

  mutating func close(_ closed: ParentClosed) {
    status = .closed
    pendingReplacement = nil
    outcome = closed.outcome
    closeReason = closed.reason
    closedAt = closed.at
  }

  /// Chains and slots; `-1` ends a chain.
  struct Links: Sendable, BitwiseCopyable {
    var firstChild: Int32 = -1
    var lastChild: Int32 = -1
    var working: Int32 = -1
    var nextClosed: Int32 = -1
  }
}
