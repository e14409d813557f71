internal import CPlatform

/// SHA-256 over bytes that come piece by piece; for one thread at a time.
@safe package final class RunningDigest {
  package static let byteCount = 32

  private let context: OpaquePointer

  package init() {
    guard let context = unsafe sluice_running_digest_new(Int32(SLUICE_SHA256)) else {
      preconditionFailure("libcrypto lacks SHA-256")
    }
    unsafe self.context = context
  }

  deinit {
    unsafe sluice_running_digest_free(context)
  }

  /// Starts anew.
  package func reset() {
    let isReset = unsafe sluice_running_digest_reset(context)
    precondition(isReset, "libcrypto could not start a digest")
  }

  package func add(_ bytes: UnsafeRawBufferPointer) {
    let isAdded = unsafe sluice_running_digest_add(context, bytes.baseAddress, bytes.count)
    precondition(isAdded, "libcrypto could not continue a digest")
  }

  package func add(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe add($0) }
  }

  /// The digest of what was added so far; more may be added.
  package var value: [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, initializedCount in
      guard let out = buffer.baseAddress else { return }
      initializedCount = unsafe sluice_running_digest_value(context, out)
      precondition(initializedCount == Self.byteCount, "libcrypto could not end a digest")
    }
  }
}
