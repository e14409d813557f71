internal import CPlatform
internal import Glibc

/// A connect to the first of several addresses that answers (RFC 8305, "Happy Eyeballs").
///
/// The next address is tried when one fails, or after a quarter of a second without an answer.
struct ConnectionRace {
  private static let staggerMilliseconds = 250

  private let operation: String
  private let deadline: Deadline
  private var waiting: ArraySlice<sluice_address>
  private var attempts: [Int32] = []
  private var failure: PlatformError?

  /// Connects and gives the socket.
  ///
  /// Blocks, at most until `deadline`.
  static func run(
    _ addresses: [sluice_address], _ operation: String, deadline: Deadline
  ) throws(PlatformError) -> Int32 {
    var race = ConnectionRace(
      operation: operation, deadline: deadline, waiting: addresses[...])
    let winner = race.run()
    for loser in race.attempts where loser != winner { sluice_close(loser) }
    guard let winner else { throw race.verdict }
    return winner
  }

  private var verdict: PlatformError {
    deadline.hasPassed
      ? PlatformError(operation: operation, code: ETIMEDOUT)
      : failure ?? PlatformError(operation: operation, detail: "no address")
  }

  private mutating func run() -> Int32? {
    while !deadline.hasPassed {
      if !startNext() && attempts.isEmpty { return nil }
      if let winner = waitForWinner() { return winner }
    }
    return nil
  }

  private mutating func startNext() -> Bool {
    while let address = waiting.popFirst() {
      let socket = unsafe withUnsafePointer(to: address) { unsafe sluice_connect_start($0) }
      if socket >= 0 {
        attempts.append(socket)
        return true
      }
      failure = PlatformError(operation: operation, code: -socket)
    }
    return false
  }

  // Returns nil when the next address has its turn, as well as when time is up.
  private mutating func waitForWinner() -> Int32? {
    let stagger = Deadline(afterMilliseconds: Self.staggerMilliseconds)
    while !attempts.isEmpty, !deadline.hasPassed {
      let limit =
        waiting.isEmpty
        ? deadline.remainingMilliseconds
        : min(stagger.remainingMilliseconds, deadline.remainingMilliseconds)
      let decided = SocketWait.ready(attempts, .write, milliseconds: limit)
      if let winner = settle(decided) { return winner }
      if !waiting.isEmpty, stagger.hasPassed || !decided.isEmpty { return nil }
    }
    return nil
  }

  private mutating func settle(_ decided: [Int32]) -> Int32? {
    for socket in decided {
      let error = sluice_socket_error(socket)
      guard error != 0 else { return socket }
      failure = PlatformError(operation: operation, code: error)
      sluice_close(socket)
      attempts.removeAll { $0 == socket }
    }
    return nil
  }
}

enum SocketWait {
  /// Those of `sockets` that became ready within the time, for which it blocks.
  static func ready(_ sockets: [Int32], _ interest: IOInterest, milliseconds: Int32) -> [Int32] {
    let interests = [UInt32](repeating: interest.rawValue, count: sockets.count)
    var ready = [UInt8](repeating: 0, count: sockets.count)
    _ = unsafe sluice_poll(sockets, interests, &ready, Int32(sockets.count), milliseconds)
    return sockets.indices.filter { ready[$0] != 0 }.map { sockets[$0] }
  }
}
