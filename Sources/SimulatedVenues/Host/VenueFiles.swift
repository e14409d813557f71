internal import Platform
internal import Wire

/// What a running venue leaves on disk for those who connect to it.
package enum VenueFiles {
  /// Writes the first key of `DIR/NAME.json` - made if absent - one value a file.
  ///
  /// The router's settings refer to `DIR/NAME.key`, `DIR/NAME.secret` and `DIR/NAME.passphrase`.
  ///
  /// - Returns: The path of the JSON file.
  package static func writeCredential(
    of profile: VenueProfile, directory: String
  ) throws -> String {
    let path = "\(directory)/\(profile.name)"
    let credential = try CredentialFile.obtain("\(path).json", make: profile.makeCredential)[0]
    try FileSystem.writeFileAtomically("\(path).key", Array(credential.key.utf8))
    try FileSystem.writeFileAtomically("\(path).secret", Array(credential.secret.utf8))
    if !credential.passphrase.isEmpty {
      try FileSystem.writeFileAtomically("\(path).passphrase", Array(credential.passphrase.utf8))
    }
    return "\(path).json"
  }

  /// Tells another process on which ports the venue serves.
  package static func writePorts(of server: VenueServer, to path: String) throws {
    var json = JSONWriter()
    json.beginObject()
    json.field("port", integer: Int64(server.port))
    json.field("admin_port", integer: Int64(server.adminPort))
    json.endObject()
    try FileSystem.writeFileAtomically(path, json.bytes)
  }
}
