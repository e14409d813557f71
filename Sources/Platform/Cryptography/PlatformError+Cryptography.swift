internal import CPlatform

extension PlatformError {
  /// The failure that libcrypto has just reported on this thread.
  static func cryptography(_ operation: String) -> PlatformError {
    let reason = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe sluice_crypto_error(base, 256)
      return unsafe String(cString: base)
    }
    return PlatformError(operation: operation, detail: reason)
  }
}
