internal import Journal
internal import RouterCore

/// One life of the router process: the real core, order of effects and journal format.
///
/// What its loop does in a turn is what the service's core thread does; between any two steps it may
/// die, which its owner decides.
final class RouterProcess {
  /// The places at which a crash is of interest; each is passed many times.
  enum Step {
    case beforeWrite, afterWrite, beforeEffect, beforeSend, afterSend, recovery
  }

  let core: CoreBox
  let journal: SimulatedJournal
  /// What must be added to the simulation's time to get this process's clock.
  let clockOffset: Int64
  private var outbox = Outbox()
  private var effects = EffectQueue()
  private var seenFacts = 0
  private unowned let world: World

  /// The core, held where closures can reach it.
  final class CoreBox {
    var core: RouterCore

    init(_ core: consuming RouterCore) { self.core = core }
  }

  init(
    core: consuming RouterCore, journal: SimulatedJournal, clockOffset: Int64, world: World
  ) {
    self.core = CoreBox(core)
    self.journal = journal
    self.clockOffset = clockOffset
    self.world = world
  }

  /// What this process's clock shows.
  func clock(_ now: Timestamp) -> Timestamp {
    Timestamp(nanoseconds: now.nanoseconds + clockOffset)
  }

  private var now: Timestamp { clock(world.now) }

  /// When it must be given a turn, in the simulation's time.
  var nextEventTime: Timestamp {
    let deadline = core.core.nextDeadline
    guard deadline < .distantFuture else { return journal.nextEventTime }
    let own = Timestamp(nanoseconds: deadline.nanoseconds - clockOffset)
    return min(own, journal.nextEventTime)
  }

  var isIdle: Bool { outbox.isEmpty && effects.isEmpty && journal.isSettled }

  // MARK: What comes in

  func startEpoch() {
    core.core.startEpoch(journal.epoch, at: now, into: &outbox)
    inspect()
  }

  func beginReconciliation() {
    core.core.beginReconciliation(at: now, into: &outbox)
    inspect()
  }

  func process(_ event: Event, levels: [BookLevel] = []) {
    world.noteEvent(event)
    core.core.process(event, levels: levels, at: now, into: &outbox)
    inspect()
  }

  /// Shows the checker what the core has just decided.
  private func inspect() {
    world.checker.emitted(outbox.facts[seenFacts...], venues: world.venues, at: now)
    seenFacts = outbox.facts.count
    world.checker.compare(core.core, world.venues)
  }

  /// Gives the loop a turn at the world's time.
  func turn() {
    do throws(JournalError) {
      try journal.advance(to: world.now)
    } catch {
      return fail()
    }
    guard world.isAlive(self) else { return }
    if core.core.nextDeadline <= now { process(.clock) }
    settle()
  }

  // MARK: What goes out

  /// Until nothing is left to do: write, publish, release.
  func settle() {
    journal.now = world.now
    if core.core.hasMarketChanges { process(.marketReview) }
    repeat {
      guard world.survives(.beforeWrite), write(), world.survives(.afterWrite), release() else {
        return
      }
    } while !outbox.isEmpty
  }

  private func write() -> Bool {
    do throws(JournalError) {
      try effects.write(&outbox, to: journal)
    } catch {
      seenFacts = 0
      fail()
      return false
    }
    seenFacts = 0
    let requests = outbox.snapshotRequests
    outbox.removeAll()
    for listing in requests {
      world.venues[Universe.venue(of: listing).index].refreshBook(listing, at: world.now)
    }
    return true
  }

  /// The journal can not be trusted any more: what waits and is not new leaves, then the end.
  private func fail() {
    guard world.isAlive(self) else { return }
    effects.stop(&outbox)
    seenFacts = 0
    while let effect = effects.next(in: journal) {
      if case .execute(let command) = effect { execute(command) }
    }
    world.processFailed()
  }

  private func release() -> Bool {
    while let effect = effects.next(in: journal) {
      guard world.survives(.beforeEffect) else { return false }
      switch effect {
      case .publish(let facts): world.checker.publishing(facts, disk: diskState)
      case .answer(let reply): world.answer(reply, disk: diskState)
      case .execute(let command):
        execute(command)
        guard world.isAlive(self) else { return false }
      }
    }
    return true
  }

  private func execute(_ command: VenueCommand) {
    let venue = world.venues[command.venue.index]
    guard case .newOrder(let order) = command else {
      world.checker.leaving(command)
      return venue.execute(command.shifted(by: -clockOffset), at: world.now)
    }
    let mayLeave = core.core.release(order, at: now, into: &outbox)
    inspect()
    guard mayLeave, world.survives(.beforeSend) else { return }
    world.checker.leaving(order, disk: diskState, at: now)
    venue.execute(command, at: world.now)
    _ = world.survives(.afterSend)
  }

  /// What is on the disk, whatever the order of effects believes.
  private var diskState: DiskState {
    DiskState(
      safeIndex: journal.durability == .power ? journal.durableIndex : journal.writtenIndex)
  }
}
