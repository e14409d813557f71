package import Simulation

/// Where a venue keeps what it must still know after it was killed.
package protocol StateStore: AnyObject {
  /// The records of earlier runs, once.
  func takeStored() -> [StateRecord]
  /// Keeps records; they are safe when this returns.
  func append(_ records: [StateRecord])
  func clear()
}

/// A store that outlives a `VenueHost` but not the process, for venues in virtual time.
///
/// What it gives back has been written as text and read again, as by `StateLog`.
package final class MemoryStateStore: StateStore {
  private var records: [StateRecord] = []

  package init() {}

  package func takeStored() -> [StateRecord] {
    records.map { record in
      guard let read = StateRecord(line: record.line) else {
        preconditionFailure("a record that was written can not be read: \(record.line)")
      }
      return read
    }
  }

  package func append(_ records: [StateRecord]) { self.records += records }
  package func clear() { records.removeAll() }
}
