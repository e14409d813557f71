internal import Platform
package import RouterCore

/// A log that forgets: facts become frames as in a journal, and nobody keeps them.
package final class ScratchLog: FactLog {
  private let batch = FrameBatch(continuing: 0)
  private var lastIndex: UInt64 = 0
  package private(set) var writtenIndex: UInt64 = 0

  package init() {}

  package var safeIndex: UInt64 { writtenIndex }

  package func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    if !batch.hasRoom { try commit() }
    lastIndex += 1
    let index = lastIndex
    batch.append(fact) { type in
      Frame(
        index: index, durableIndex: index - 1, epoch: 1, type: type.rawValue,
        version: type.version, flags: Frame.criticalFlag)
    }
    return lastIndex
  }

  package func commit() throws(JournalError) {
    writtenIndex = lastIndex
    batch.noteWritten()
    batch.removeWritten()
  }
}
