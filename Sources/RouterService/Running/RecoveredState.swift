internal import ClientGateways
package import Journal
internal import Platform
package import RouterCore

/// What a journal comes to: the core, the numbers of names, and the copy that clients read.
package struct RecoveredState: ~Copyable {
  package private(set) var core: RouterCore
  private(set) var registry = Registry()
  private(set) var model = ReadModel()
  package private(set) var journal = JournalRecovery()

  /// Applies the newest snapshot of a journal and all facts behind it.
  package init(directory: String, configuration: CoreConfiguration) throws(JournalError) {
    core = RouterCore(configuration)
    let reading = RecoveredModel()
    let result = read(directory, into: reading)
    // Its thread must end whatever was found.
    model = reading.finish()
    journal = try result.get()
    for error in journal.refusedSnapshots {
      Log.warning("journal", "a snapshot was passed over", ["reason": "\(error)"])
    }
  }

  private mutating func read(
    _ directory: String, into reading: RecoveredModel
  ) -> Result<JournalRecovery, JournalError> {
    do throws(JournalError) {
      return .success(
        try JournalReader.recover(directory: directory) { fact in
          core.apply(fact)
          registry.apply(fact)
          reading.append(fact)
        })
    } catch {
      return .failure(error)
    }
  }
}
