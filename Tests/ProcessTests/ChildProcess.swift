import Foundation
import Glibc

// The headers show it only to programs that ask for GNU's own.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func closeFrom(
  _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32
) -> Int32

/// A process of ours that a test may stop, pause and kill.
///
/// It is started without Foundation, whose `Process` waits through a run loop.
final class ChildProcess: @unchecked Sendable {
  let identifier: pid_t
  /// The end of its standard input; programs that heed it end when this process does.
  private var lifeline: Int32
  private var endStatus: Int32?

  // `log` takes what the program prints, behind what stands there.
  init(
    _ executable: String, _ arguments: [String], log: String, environment: [String: String] = [:]
  ) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure("pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    lifeline = ends[1]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    _ = closeFrom(&actions, 3)
    var variables = ProcessInfo.processInfo.environment
    variables["SWIFT_BACKTRACE"] = "enable=no"
    variables.merge(environment) { $1 }
    let argv = Self.strings([executable] + arguments)
    let envp = Self.strings(variables.map { "\($0)=\($1)" })
    defer { Self.free(argv, envp) }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, executable, &actions, nil, argv, envp)
    guard code == 0 else {
      close(ends[1])
      throw Failure("\(executable) did not start: errno \(code)")
    }
    self.identifier = identifier
  }

  deinit {
    kill()
  }

  func signal(_ number: Int32) {
    if endStatus == nil { _ = Glibc.kill(identifier, number) }
  }

  /// Stops it, and returns once it has stopped; `SIGCONT` lets it go on.
  func pause() {
    signal(SIGSTOP)
    var status: Int32 = 0
    _ = waitpid(identifier, &status, WUNTRACED)
  }

  /// Ends it at once, as the kernel would; nothing of it runs any more.
  func kill() {
    guard endStatus == nil else { return }
    signal(SIGKILL)
    _ = wait(WaitOption.untilEnd)
  }

  /// Asks it to end in order, and waits.
  ///
  /// - Returns: Its exit status, or the number of the signal that ended it, negative.
  func terminate(seconds: Int = 30) throws -> Int32 {
    signal(SIGTERM)
    return try end(seconds: seconds)
  }

  /// Waits until it has ended by itself.
  func end(seconds: Int = 30) throws -> Int32 {
    for _ in 0..<(seconds * 100) {
      if let status = poll() { return status }
      Thread.sleep(forTimeInterval: 0.01)
    }
    throw Failure("process \(identifier) has not ended within \(seconds) s")
  }

  /// How it ended, or `nil` while it runs.
  func poll() -> Int32? { wait(WaitOption.poll) }

  private enum WaitOption {
    static let untilEnd: Int32 = 0
    static let poll = Int32(WNOHANG)
  }

  private func wait(_ options: Int32) -> Int32? {
    if let endStatus { return endStatus }
    var status: Int32 = 0
    var result = waitpid(identifier, &status, options)
    while result < 0 && errno == EINTR { result = waitpid(identifier, &status, options) }
    guard result == identifier else { return nil }
    close(lifeline)
    let signal = status & 0x7f
    endStatus = signal == 0 ? (status >> 8) & 0xff : -signal
    return endStatus
  }

  private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }

  private static func free(_ lists: [UnsafeMutablePointer<CChar>?]...) {
    for list in lists { for text in list { Glibc.free(text) } }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
      self.description = description
    }
  }
}
