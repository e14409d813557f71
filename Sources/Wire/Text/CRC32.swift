/// The CRC-32 of zlib, Ethernet and PNG: reflected, polynomial 0x04C11DB7.
package enum CRC32 {
  private static let table = CRCTable(reflectedPolynomial: 0xedb8_8320)

  /// The checksum of `bytes`, or of more bytes after those that gave `seed`.
  package static func checksum(
    _ bytes: UnsafeRawBufferPointer, continuing seed: UInt32 = 0
  ) -> UInt32 {
    unsafe table.checksum(bytes, continuing: seed)
  }

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe checksum($0) }
  }
}

/// The Castagnoli CRC-32 of iSCSI and ext4: reflected, polynomial 0x1EDC6F41.
package enum CRC32C {
  private static let table = CRCTable(reflectedPolynomial: 0x82f6_3b78)

  /// The checksum of `bytes`, or of more bytes after those that gave `seed`.
  package static func checksum(
    _ bytes: UnsafeRawBufferPointer, continuing seed: UInt32 = 0
  ) -> UInt32 {
    unsafe table.checksum(bytes, continuing: seed)
  }

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe checksum($0) }
  }
}
