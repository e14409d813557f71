internal import CPlatform
internal import Glibc

/// A failed request to the operating system or to one of its libraries.
package struct PlatformError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, with the file or the host, such as `open /var/lib/sluice/epoch`.
  package let operation: String
  /// The `errno` of the failure; 0 when the fault is not one of the kernel's.
  package let code: Int32
  /// What is wrong and, where there is something to be done, what to do.
  package let detail: String

  package init(operation: String, code: Int32 = 0, detail: String = "") {
    self.operation = operation
    self.code = code
    self.detail = detail
  }

  package var description: String {
    let reason = code == 0 ? "" : "\(Self.text(of: code)) (errno \(code))"
    let parts = [reason, detail].filter { !$0.isEmpty }
    return parts.isEmpty ? operation : "\(operation): \(parts.joined(separator: "; "))"
  }

  /// The failure of the system call that has just returned.
  package static func last(_ operation: String, detail: String = "") -> PlatformError {
    PlatformError(operation: operation, code: errno, detail: detail)
  }

  /// The system's text for an `errno`.
  package static func text(of code: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe sluice_error_text(code, base, 128)
      return unsafe String(cString: base)
    }
  }

  /// Turns the result of a `sluice_` call that returns `-errno` into an error.
  @discardableResult
  static func check(
    _ result: Int32, _ operation: @autoclosure () -> String
  ) throws(PlatformError) -> Int32 {
    guard result < 0 else { return result }
    throw PlatformError(operation: operation(), code: -result)
  }
}
