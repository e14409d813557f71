internal import CPlatform
internal import Glibc

/// A descriptor that becomes readable when another thread has something for us.
package final class WakeUp: Sendable {
  package let fileDescriptor: Int32

  package init() throws(PlatformError) {
    fileDescriptor = try PlatformError.check(sluice_eventfd(), "create a wake-up descriptor")
  }

  deinit {
    close(fileDescriptor)
  }

  /// Makes the descriptor readable.
  ///
  /// Several signals before a drain count as one.
  package func signal() {
    var one: UInt64 = 1
    // The only failure is a counter at its maximum, and then the descriptor is readable already.
    _ = unsafe write(fileDescriptor, &one, 8)
  }

  /// Takes all signals so far; call it before looking at what they announced.
  package func drain() {
    var count: UInt64 = 0
    _ = unsafe read(fileDescriptor, &count, 8)
  }

  /// Waits for a signal.
  ///
  /// - Returns: False if none came within the time.
  @discardableResult
  package func wait(timeoutMilliseconds: Int32) -> Bool {
    var entry = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, timeoutMilliseconds) > 0
  }
}
