import RouterCore
import Wire

/// Questions about orders, in two rounds that take turns on the lane.
///
/// One by the venue's id takes a call or two, a search through lists and histories perhaps dozens,
/// each of which waits for the venue's call counter.
struct KrakenQuestions {
  private var known: KrakenReconciliation
  private var unknown: KrakenReconciliation
  /// Whether the request that is on its way, or was the last one, is a search.
  private var isSearch = true
  /// The same of the request that was made last and perhaps not sent.
  private var mayBeSearch = true

  init(_ account: KrakenAccount) {
    known = KrakenReconciliation(requestWindowMilliseconds: account.requestWindowMilliseconds)
    unknown = known
  }

  var isIdle: Bool { known.isIdle && unknown.isIdle }

  /// Since when the private stream tells of every order; `distantFuture` while it does not.
  var sessionUpSince: Timestamp {
    get { known.sessionUpSince }
    set {
      known.sessionUpSince = newValue
      unknown.sessionUpSince = newValue
    }
  }

  /// Adds a question; a round that has already begun does not answer it.
  mutating func ask(_ child: ChildReference) {
    guard !child.venueOrderID.isEmpty else { return unknown.ask(child) }
    unknown.withdraw(child.id)
    known.ask(child)
  }

  /// The request that comes next, or `nil` if nothing is to be asked.
  mutating func nextRequest(at stamp: RequestStamp) -> KrakenRequest? {
    nextRequest(at: stamp, isSearch: !isSearch) ?? nextRequest(at: stamp, isSearch: isSearch)
  }

  private mutating func nextRequest(at stamp: RequestStamp, isSearch: Bool) -> KrakenRequest? {
    let request = isSearch ? unknown.nextRequest(at: stamp) : known.nextRequest(at: stamp)
    if request != nil { mayBeSearch = isSearch }
    return request
  }

  /// The request made last has been handed over.
  mutating func started(at time: Timestamp) {
    isSearch = mayBeSearch
    current.started(at: time)
  }

  /// The round whose request is on its way.
  var current: KrakenReconciliation {
    get { isSearch ? unknown : known }
    _modify {
      if isSearch { yield &unknown } else { yield &known }
    }
  }
}
