/// What is asked of a venue; each kind fails, and is judged, apart from the others.
package enum VenueOperation: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case marketData = 0
  case newOrders = 1
  /// Measured and shown, never blocked.
  case cancelsAndQueries = 2
}

/// Why a call to a venue counts as failed (`routing.md` 9).
///
/// What a venue says about an order - no funds, a filter, post-only, a cancel - is an answer, and a
/// call that was answered has not failed.
package enum CallFailure: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case none = 0
  case timedOut = 1
  case disconnected = 2
  case outcomeUnknown = 3
  case venueUnavailable = 4
  case clockSkew = 5
  /// The venue does not take our key: it would refuse every order alike.
  case authentication = 6
  case sequenceGap = 7
  case checksumMismatch = 8
  case malformedMessage = 9
  case crossedBook = 10
  case queryFailed = 11
  /// A probe was answered too late; or too many calls were.
  case slow = 12

  /// What a rejection says about its venue; `none` if it is an answer.
  init(_ reason: RejectReason) {
    self =
      switch reason {
      case .venueUnavailable: .venueUnavailable
      case .clockSkew: .clockSkew
      case .authentication: .authentication
      default: .none
      }
  }

  /// What a fault says about a venue's feed; `none` if it follows from another event.
  init(_ fault: BookFault) {
    self =
      switch fault {
      case .sequenceGap: .sequenceGap
      case .checksumMismatch: .checksumMismatch
      case .malformedMessage: .malformedMessage
      // A lost link counts once, a halted pair is no failure, and a resync follows a gap.
      case .disconnected, .synchronizing, .venueHalted: .none
      }
  }
}
