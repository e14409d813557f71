package import RouterCore

/// Facts as bytes: explicit little-endian fields behind a type and a version.
///
/// The layout is written down field by field, so that a new build reads an old journal whatever
/// became of the types in memory.
package enum FactCodec {
  /// No fact needs more.
  package static let maximumByteCount = 512

  /// A fact as it stands in a frame.
  package struct Encoded: Sendable, Equatable {
    package let type: UInt8
    package let version: UInt8
    package let payload: [UInt8]

    package init(type: UInt8, version: UInt8, payload: [UInt8]) {
      self.type = type
      self.version = version
      self.payload = payload
    }
  }

  package static func encode(_ fact: Fact) -> Encoded {
    let type = FactType(fact)
    let payload = unsafe [UInt8](unsafeUninitializedCapacity: maximumByteCount) { buffer, count in
      var writer = unsafe FieldWriter(UnsafeMutableRawBufferPointer(buffer))
      writer.fact(fact)
      count = writer.count
    }
    return Encoded(type: type.rawValue, version: type.version, payload: payload)
  }

  /// - Returns: Nil if the bytes are no fact that this build knows.
  package static func decode(_ encoded: Encoded) -> Fact? {
    unsafe encoded.payload.withUnsafeBytes { payload in
      unsafe try? decode(type: encoded.type, version: encoded.version, payload)
    }
  }

  static func decode(
    type: UInt8, version: UInt8, _ payload: UnsafeRawBufferPointer
  ) throws(FactFault) -> Fact {
    guard let known = FactType(rawValue: type) else { throw .unknownType }
    guard version >= 1 && version <= known.version else { throw .unknownVersion }
    var reader = unsafe FieldReader(payload)
    let fact = try reader.fact(known, version)
    guard reader.isAtEnd else { throw .trailingBytes }
    return fact
  }
}
