package import Platform
import Synchronization

/// A simulated venue on a thread of its own, for tests and demonstrations in one process.
package final class RunningVenue: Sendable {
  package let port: Int
  package let adminPort: Int
  package let credentials: [VenueCredential]
  /// The PEM text of the authority to trust; nil without TLS.
  package let authorityPEM: String?
  private let loop: EventLoop
  private let thread: WorkerThread

  private struct Opened: Sendable {
    var port: Int
    var adminPort: Int
    var credentials: [VenueCredential]
    var authorityPEM: String?
  }

  /// Starts the venue and returns once it listens.
  package init(_ options: VenueServerOptions) throws(PlatformError) {
    let loop = try EventLoop()
    let opened = BoundedQueue<Result<Opened, PlatformError>>(capacity: 1)
    let woken = try WakeUp()
    thread = WorkerThread(name: options.profile.name) {
      Self.serve(options, loop) { result in
        _ = opened.push(result)
        woken.signal()
      }
    }
    thread.start()
    let waiting = try EventLoop()
    var result: Result<Opened, PlatformError>?
    _ = try waiting.watch(woken.fileDescriptor, .read) { _ in woken.drain() }
    while result == nil {
      waiting.runOnce(timeoutNanoseconds: 100_000_000)
      result = opened.pop()
    }
    self.loop = loop
    switch result {
    case .success(let opened):
      port = opened.port
      adminPort = opened.adminPort
      credentials = opened.credentials
      authorityPEM = opened.authorityPEM
    case .failure(let error):
      thread.join()
      throw error
    case nil: preconditionFailure("the venue's thread has not reported")
    }
  }

  private static func serve(
    _ options: VenueServerOptions, _ loop: EventLoop,
    _ report: (Result<Opened, PlatformError>) -> Void
  ) {
    do throws(PlatformError) {
      let server = try VenueServer(options, loop: loop)
      report(
        .success(
          Opened(
            port: server.port, adminPort: server.adminPort,
            credentials: server.host.context.credentials,
            authorityPEM: server.certificates?.authorityPEM)))
      loop.run()
      server.stop()
      loop.runOnce(timeoutNanoseconds: 0)
    } catch {
      report(.failure(error))
    }
  }

  /// Ends the venue and waits for its thread.
  package func stop() {
    loop.stop()
    thread.join()
  }
}
