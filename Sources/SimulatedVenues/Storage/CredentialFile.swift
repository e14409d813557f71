package import Platform
import Wire

/// The JSON file with a simulated venue's API keys, readable by its owner only.
package enum CredentialFile {
  /// Reads the file, or makes it with one key for the account `main`.
  package static func obtain(
    _ path: String, make: ([UInt8]) -> VenueCredential
  ) throws(PlatformError) -> [VenueCredential] {
    if FileSystem.exists(path) { return try read(path) }
    let credentials = [make(SecureRandom.bytes(256))]
    try FileSystem.createDirectories(FileSystem.directory(of: path))
    try FileSystem.writeFileAtomically(path, serialize(credentials))
    return credentials
  }

  package static func read(_ path: String) throws(PlatformError) -> [VenueCredential] {
    let bytes = try FileSystem.readFile(path)
    guard let rows = (try? JSONValue(parsing: bytes))?["credentials"]?.array, !rows.isEmpty else {
      throw PlatformError(
        operation: "read \(path)", detail: "expected an object with a list named credentials")
    }
    var credentials: [VenueCredential] = []
    for row in rows {
      guard let key = row["key"]?.string, let secret = row["secret"]?.string else {
        throw PlatformError(
          operation: "read \(path)", detail: "every credential needs a key and a secret")
      }
      var credential = VenueCredential(key: key, secret: secret)
      credential.account = row["account"]?.string ?? "main"
      credential.passphrase = row["passphrase"]?.string ?? ""
      credential.permissions = row["permissions"]?.array?.compactMap(\.string) ?? []
      credentials.append(credential)
    }
    return credentials
  }

  package static func serialize(_ credentials: [VenueCredential]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("credentials")
    writer.beginArray()
    for credential in credentials {
      writer.beginObject()
      writer.field("account", credential.account)
      writer.field("key", credential.key)
      writer.field("secret", credential.secret)
      writer.field("passphrase", credential.passphrase)
      writer.key("permissions")
      writer.beginArray()
      for permission in credential.permissions { writer.string(permission) }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}
