internal import ClientGateways
internal import Journal
internal import Platform
internal import RouterCore
internal import VenueGateways

/// What the journal gives back at a start, before anything is sent anywhere.
struct Recovery: ~Copyable {
  let registry: Registry
  let model: ReadModel
  /// Keeps the journal short while the service runs.
  let keeper: JournalKeeper
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
    do throws(JournalError) {
      var configuration = CoreConfiguration(instance: settings.instance)
      configuration.adoptsOrphans = settings.adoptsOrphans
      let keeper = try JournalKeeper(
        directory: directory, configuration: configuration, retention: settings.retention)
      let journal = try JournalWriter(
        directory: directory, storage: SystemStorage(mayMap: settings.mapsJournal),
        instance: settings.instance, durability: settings.durability,
        epochFloor: EpochFile.floor(atWallNanoseconds: Clock.wallNanoseconds()),
        onDurable: onDurable, onFailure: onFailure, onSealed: { keeper.segmentSealed() })
      let state = try RecoveredState(directory: directory, configuration: configuration)
      Log.info(
        "journal", "recovered",
        [
          "facts": String(state.journal.factCount),
          "last_index": String(state.journal.tail.lastIndex),
          "snapshot": state.journal.snapshotFile ?? "none",
        ])
      return Recovery(state, keeper: keeper, journal: journal)
    } catch {
      throw .journal("\(error)")
    }
  }

  private init(
    _ state: consuming RecoveredState, keeper: JournalKeeper, journal: JournalWriter
  ) {
    registry = state.registry
    model = state.model
    core = state.core
    self.keeper = keeper
    self.journal = journal
  }

  /// The core thread with the recovered state; its first facts are the epoch and the limits.
  consuming func makeCoreThread(
    settings: ServiceSettings, clock: CoreClock
  ) throws(StartError) -> CoreThread {
    guard !core.hasOverflowed else {
      throw StartError.journal(
        "it holds more open orders than this build's tables; nothing was sent")
    }
    let loop: EventLoop
    do {
      loop = try EventLoop()
    } catch {
      throw .system("\(error)")
    }
    let epoch = journal.epoch
    let recorder = try makeRecorder(settings, at: clock.now)
    let thread = CoreThread(
      loop: loop, clock: clock, core: core, journal: journal, isBusyPolling: settings.busyPolling,
      rehearses: settings.busyPolling && settings.keepsWarm, recorder: recorder,
      stages: settings.latency.isEnabled ? StageTracker { clock.now.nanoseconds } : nil)
    thread.begin(epoch: epoch, limits: settings.risk)
    return thread
  }

  /// A recording that begins with the facts of the runs before.
  private func makeRecorder(
    _ settings: ServiceSettings, at now: Timestamp
  ) throws(StartError) -> CoreRecorder? {
    guard let directory = settings.recorderDirectory else { return nil }
    do throws(RecordingError) {
      return try CoreRecorder(
        directory: directory, epoch: journal.epoch, configuration: core.configuration,
        journal: "\(settings.stateDirectory)/journal", at: now)
    } catch {
      throw .journal("\(error); check recorder.directory")
    }
  }
}
