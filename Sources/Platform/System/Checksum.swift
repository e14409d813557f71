internal import Wire

/// The checksum that guards what we store.
package enum Checksum {
  /// CRC-32C (Castagnoli) of the bytes, after those whose checksum is `seed`.
  package static func crc32c(_ bytes: UnsafeRawBufferPointer, continuing seed: UInt32 = 0) -> UInt32
  {
    unsafe CRC32C.checksum(bytes, continuing: seed)
  }
}
