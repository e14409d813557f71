internal import Platform

#if MUTATIONS
  internal import RouterCore
#endif

/// What one sync is to make durable.
struct SyncRequest {
  /// A segment that is complete, and the name for the one that continues it.
  struct Sealing {
    let old: any JournalFile
    let next: any JournalFile
    let name: String
  }

  /// The segment that is written at the moment.
  var file: any JournalFile
  /// The last fact that is durable afterwards.
  var target: UInt64
  var sealing: Sealing?

  /// Syncs, and names the next segment only when the one before it is whole on the device.
  func carryOut(in directory: JournalDirectory) throws(PlatformError) {
    #if MUTATIONS
      if let sealing, Mutation.segmentIsNamedBeforeTheLastIsSynced.isActive {
        try sealing.next.synchronizeData()
        return try name(sealing, in: directory)
      }
    #endif
    try sealing?.old.synchronizeData()
    try file.synchronizeData()
    if let sealing { try name(sealing, in: directory) }
  }

  private func name(_ sealing: Sealing, in directory: JournalDirectory) throws(PlatformError) {
    try directory.storage.rename(sealing.next.path, to: sealing.name)
    #if MUTATIONS
      if Mutation.namesAreNotSynced.isActive { return }
    #endif
    try directory.storage.synchronizeDirectory(directory.path)
  }
}
