/// An order resting or in flight at one venue on behalf of a `ParentOrder`.
///
/// The venue decides what happened; this type only records it. Its durable part changes only by
/// facts; the rest is what the running core has in mind about it and is lost at a restart.
package struct ChildOrder: Sendable, BitwiseCopyable {
  package enum Status: UInt8, Sendable, BitwiseCopyable {
    /// Decided; not known to have left.
    case intended = 1
    /// The last byte has been handed to the kernel.
    case sent = 2
    case acknowledged = 3
    /// The request may or may not have reached the venue.
    case unknown = 4
    case closed = 5
  }

  // Durable.
  package let order: NewChildOrder
  package let wave: UInt16
  package let role: ChildRole
  /// What the venue holds for it, in the asset it gives away.
  package let reserved: Amount
  package let intendedAt: Timestamp
  package private(set) var status = Status.intended
  package private(set) var outcome: ChildClosed.Outcome?
  package private(set) var closeReason = RejectReason.none
  /// Given up before any byte left.
  package private(set) var isAbandoned = false
  package private(set) var isCancelPending = false
  package private(set) var cumulativeQuantity = Quantity.zero
  package private(set) var venueOrderID = ShortText()
  package private(set) var sentAt = Timestamp.distantPast
  package private(set) var acknowledgedAt = Timestamp.distantPast
  package private(set) var closedAt = Timestamp.distantPast
  /// What fills took of the asset it gives away, fees in that asset included.
  package private(set) var spent = Amount.zero

  // Of this run only.
  package var tracking = Tracking()
  var links = Links()

  package init(_ intended: ChildIntended) {
    order = intended.order
    wave = intended.wave
    role = intended.role
    reserved = intended.reserved
    intendedAt = intended.at
  }

  package var id: ChildOrderID { order.id }
  package var isOpen: Bool { status != .closed }

  /// What may still fill, at worst.
  package var leavesQuantity: Quantity {
    isOpen ? max(order.quantity - cumulativeQuantity, .zero) : .zero
  }

  /// How much the venue filled beyond what was ordered.
  package var excessQuantity: Quantity { max(cumulativeQuantity - order.quantity, .zero) }

  package var isAcknowledged: Bool { acknowledgedAt != .distantPast }

  /// Whether its venue has it in the book, where it is meant to stay.
  var isResting: Bool {
    order.isPostOnly && isOpen && isAcknowledged && !isCancelPending && status != .unknown
  }

  /// Whether it was to take and nobody knows what became of it.
  var isDoubtfulTaker: Bool { status == .unknown && !order.isPostOnly }

  /// Whether it ended without the venue ever having had it, as far as we know.
  package var neverExisted: Bool {
    isAbandoned || outcome == .neverAccepted || outcome == .rejected
  }

  package var reference: ChildReference {
    ChildReference(
      id: order.id, venue: order.venue, listing: order.listing, venueOrderID: venueOrderID,
      sentAt: sentAt == .distantPast ? intendedAt : sentAt, timeInForce: order.timeInForce)
  }

  mutating func send(at time: Timestamp) {
    if status == .intended { status = .sent }
    sentAt = time
  }

  mutating func acknowledge(_ venueOrderID: ShortText, at time: Timestamp) {
    if isOpen { status = .acknowledged }
    if !isAcknowledged { acknowledgedAt = time }
    if !venueOrderID.isEmpty { self.venueOrderID = venueOrderID }
  }

  mutating func doubt() {
    if status == .intended || status == .sent { status = .unknown }
  }

  mutating func intendCancel() {
    if isOpen { isCancelPending = true }
  }

  /// Counts a fill that was not seen before.
  ///
  /// A fill may overtake the cancel that we believed had closed the order, and a faulty venue may
  /// fill more than we asked for. Both count, because the money has moved.
  mutating func record(_ quantity: Quantity, spent: Amount) {
    cumulativeQuantity = cumulativeQuantity.addingSaturated(quantity)
    self.spent += spent
  }

  mutating func close(_ outcome: ChildClosed.Outcome, _ reason: RejectReason, at time: Timestamp) {
    status = .closed
    self.outcome = outcome
    closeReason = reason
    closedAt = time
  }

  mutating func abandon(_ reason: RejectReason, at time: Timestamp) {
    close(.neverAccepted, reason, at: time)
    isAbandoned = true
  }

  /// What the running core knows about a child beyond its facts.
  package struct Tracking: Sendable, BitwiseCopyable {
    /// Passed the last gate; it can not pass again.
    package var isReleased = false
    /// Counts among the orders of its venue that wait for their release.
    var isQueued = false
    /// Its cancel waits for a token.
    var isCancelWaiting = false
    /// The venue has said whether it was one order too many.
    var isAnswered = false
    /// From when on absence can be proved: it can not have been sent later.
    package var absenceReference = Timestamp.distantFuture
    /// The ceiling of the pause before the next query; zero asks at once.
    package var queryDelayMilliseconds: Int64 = 0
    /// The pause itself, drawn below it.
    var queryPauseMilliseconds: Int64 = 0
    var queryCount: UInt32 = 0
    /// When it is to be asked about; its timer may run for other reasons before.
    var queryAt = Timestamp.distantFuture
    /// When the venue's retry budget lets it be asked again; `distantFuture` if none was taken.
    var retryAt = Timestamp.distantFuture
    var call = Call()
    /// Since when a query, and a cancel, is without an answer; `distantPast` if none is.
    private var openSince = InlineArray<2, Timestamp>(repeating: .distantPast)
    package var lastQueryAt = Timestamp.distantPast
    /// The venue's own greatest running total.
    package var venueCumulative = Quantity.zero
    /// The end that the venue reported while fills were still missing.
    package var end: PendingEnd?
    /// What an observed balance does not yet show of it.
    package var charge = Amount.zero
    /// A balance observed since the venue took it already shows its hold.
    package var isInBalance = false
    /// What its plan expected; `nil` if it comes from an earlier run or rests.
    var expectation: Expectation?

    subscript(question: Question) -> Timestamp {
      get { openSince[Int(question.rawValue)] }
      set { openSince[Int(question.rawValue)] = newValue }
    }
  }

  /// What a venue is asked about an order that it has.
  enum Question: UInt8, Sendable, BitwiseCopyable {
    case query = 0
    case cancel = 1
  }

  /// The request of a new order as a call that its venue answers, fails or is slow with.
  struct Call: Sendable, BitwiseCopyable {
    enum Phase: UInt8, Sendable, BitwiseCopyable {
      case none, pending
      /// Not answered, and counted as slow.
      case slow
      case over
    }

    var phase = Phase.none
    var startedAt = Timestamp.distantPast
    /// Names it in its breaker's window once it was counted as slow.
    var number: UInt64 = .max

    var isOpen: Bool { phase == .pending || phase == .slow }
  }

  /// What was expected of a child that takes, to learn from what became of it.
  struct Expectation: Sendable, BitwiseCopyable {
    var ageNanoseconds: Int64
    /// Its quantity as a share of what was displayed within its limit.
    var relativeSize: Int32
    var bestPrice: Price
  }

  package struct PendingEnd: Sendable, BitwiseCopyable {
    package var outcome: ChildClosed.Outcome
    package var reason: RejectReason
    package var text: ShortText
    /// `nil`: the venue did not say how much it filled.
    package var cumulative: Quantity?
  }

  /// Chains of children, by slot; `-1` ends a chain.
  struct Links: Sendable, BitwiseCopyable {
    var parent: Int32 = -1
    var nextOfParent: Int32 = -1
    var nextOpen: Int32 = -1
    var previousOpen: Int32 = -1
    var firstFill: Int32 = -1
  }
}
