internal import CPlatform

/// What a watcher of a file descriptor wants to hear of.
package struct IOInterest: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let read = IOInterest(rawValue: SLUICE_IO_READ)
  package static let write = IOInterest(rawValue: SLUICE_IO_WRITE)
  /// The peer has finished sending, even while bytes of it are still unread.
  package static let hangUp = IOInterest(rawValue: SLUICE_IO_HANG_UP)
}

/// What a file descriptor is ready for; `.error` comes unasked.
package struct IOReadiness: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let read = IOReadiness(rawValue: SLUICE_IO_READ)
  package static let write = IOReadiness(rawValue: SLUICE_IO_WRITE)
  package static let hangUp = IOReadiness(rawValue: SLUICE_IO_HANG_UP)
  /// The connection was reset or is closed both ways.
  package static let error = IOReadiness(rawValue: SLUICE_IO_ERROR)
}

/// A file descriptor under watch; stale ones are ignored.
package struct WatchID: Hashable, Sendable {
  let slot: UInt32
  let generation: UInt32

  var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  init(token: UInt64) {
    slot = UInt32(truncatingIfNeeded: token)
    generation = UInt32(truncatingIfNeeded: token >> 32)
  }
}
