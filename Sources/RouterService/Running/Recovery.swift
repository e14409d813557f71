internal import Journal
internal import Platform
internal import RouterCore
internal import VenueGateways

/// What the journal gives back at a start, before anything is sent anywhere.
struct Recovery: ~Copyable {
  let facts: [Fact]
  let registry: Registry
  private var core: RouterCore
  private let journal: JournalWriter

  /// Opens the journal, which locks it, begins a new epoch and applies every fact to a fresh core.
  static func run(
    settings: ServiceSettings, clock: CoreClock, onDurable: @escaping @Sendable (UInt64) -> Void,
    onFailure: @escaping @Sendable (JournalError) -> Void
  ) throws(StartError) -> Recovery {
    let directory = "\(settings.stateDirectory)/journal"
    do throws(PlatformError) {
      try FileSystem.createDirectories(directory)
    } catch {
      throw .journal("\(error); check state_directory")
    }
    var core = RouterCore(CoreConfiguration(instance: settings.instance))
    var registry = Registry()
    var facts: [Fact] = []
    do {
      let journal = try JournalWriter(
        directory: directory, instance: settings.instance, durability: settings.durability,
        onDurable: onDurable, onFailure: onFailure)
      _ = try JournalReader.read(directory: directory) { _, fact in facts.append(fact) }
      for fact in facts {
        core.apply(fact)
        registry.apply(fact)
      }
      guard !core.hasOverflowed else {
        throw StartError.journal(
          "\(directory) holds more open orders than this build's tables; nothing was sent")
      }
      return Recovery(facts: facts, registry: registry, core: core, journal: journal)
    } catch let error as StartError {
      throw error
    } catch {
      throw .journal("\(error)")
    }
  }

  private init(
    facts: [Fact], registry: Registry, core: consuming RouterCore, journal: JournalWriter
  ) {
    self.facts = facts
    self.registry = registry
    self.core = core
    self.journal = journal
  }

  /// The core thread with the recovered state; its first facts are the epoch and the limits.
  consuming func makeCoreThread(
    settings: ServiceSettings, clock: CoreClock
  ) throws(StartError) -> CoreThread {
    let loop: EventLoop
    do {
      loop = try EventLoop()
    } catch {
      throw .system("\(error)")
    }
    let epoch = journal.epoch
    let thread = CoreThread(
      loop: loop, clock: clock, core: core, journal: journal, isBusyPolling: settings.busyPolling)
    thread.begin(epoch: epoch, limits: settings.risk)
    return thread
  }
}
