internal import CPlatform
internal import Synchronization

/// A named thread of the operating system that runs one body to its end.
package final class WorkerThread: @unchecked Sendable {
  private enum State {
    case created
    case running(token: UInt64)
    case ended
  }

  private let name: String
  private let stackBytes: Int
  private let body: @Sendable () -> Void
  private let state = Mutex(State.created)

  /// Prepares a thread; `name` is what `top -H` shows, cut to 15 bytes.
  package init(name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
    self.name = name
    self.stackBytes = stackBytes
    self.body = body
  }

  deinit {
    if case .running(let token) = state.withLock({ $0 }) {
      sluice_thread_detach(token)
    }
  }

  /// Starts the thread.
  ///
  /// A machine that cannot give one at start-up cannot run the service.
  package func start() {
    state.withLock { state in
      guard case .created = state else { preconditionFailure("thread \(name) started twice") }
      state = .running(token: launch())
    }
  }

  /// Waits for the body to return.
  ///
  /// Calling it before `start` or again does nothing.
  package func join() {
    let token: UInt64? = state.withLock { state in
      guard case .running(let token) = state else { return nil }
      state = .ended
      return token
    }
    if let token { sluice_thread_join(token) }
  }

  /// Keeps the calling thread on one processor of the machine, counted from 0.
  package static func pinCurrent(toProcessor processor: Int) throws(PlatformError) {
    try PlatformError.check(
      sluice_thread_pin(Int32(clamping: processor)), "pin a thread to processor \(processor)")
  }

  private func launch() -> UInt64 {
    let context = unsafe Unmanaged.passRetained(ThreadBody(body))
    var token: UInt64 = 0
    let code = unsafe sluice_thread_start(
      &token, name, stackBytes, runThreadBody, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      preconditionFailure("thread \(name): \(PlatformError.text(of: -code))")
    }
    return token
  }
}

private final class ThreadBody {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

private func runThreadBody(_ context: UnsafeMutableRawPointer?) {
  guard let context = unsafe context else { return }
  unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
}
