internal import CPlatform

/// Key material that prints as `***` and is wiped from memory with its last copy.
///
/// The array it is made from is the caller's and is not wiped.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let storage: SecretStorage

  package init(_ bytes: [UInt8]) {
    storage = SecretStorage(bytes)
  }

  package init(_ text: String) {
    self.init(Array(text.utf8))
  }

  package var count: Int { unsafe storage.bytes.count }
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Lends the bytes; the pointer is valid during the call only.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe body(UnsafeRawBufferPointer(storage.bytes))
  }
}

@safe private final class SecretStorage: @unchecked Sendable {
  // Written in `init` and wiped in `deinit` only.
  let bytes: UnsafeMutableRawBufferPointer

  init(_ source: [UInt8]) {
    unsafe bytes = .allocate(byteCount: source.count, alignment: 1)
    unsafe bytes.copyBytes(from: source)
  }

  deinit {
    unsafe sluice_wipe(bytes.baseAddress, bytes.count)
    unsafe bytes.deallocate()
  }
}
