internal import Foundation
internal import Platform

/// Reads secrets from where the settings say they are.
enum SecretStore {
  /// The secret without blanks or line ends around it.
  ///
  /// - Throws: A message that names the setting and the mend, never the secret.
  static func read(_ reference: SecretReference, for setting: String) throws(StartError) -> String {
    let text: String
    switch reference {
    case .environment(let name):
      guard let value = ProcessInfo.processInfo.environment[name] else {
        throw .secret("\(setting): the environment variable \(name) is not set")
      }
      text = value
    case .file(let path): text = try readFile(path, for: setting)
    }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { throw .secret("\(setting): the secret is empty") }
    return trimmed
  }

  private static func readFile(_ path: String, for setting: String) throws(StartError) -> String {
    do {
      let permissions = try FileSystem.permissions(of: path)
      guard permissions.mode & 0o077 == 0 else {
        throw StartError.secret(
          "\(setting): \(path) can be read or written by others; run: chmod 600 \(path)")
      }
      return String(decoding: try FileSystem.readFile(path), as: UTF8.self)
    } catch let error as StartError {
      throw error
    } catch {
      throw .secret("\(setting): \(error)")
    }
  }
}

/// Why the service does not start; says what to do, never a secret.
package enum StartError: Error, Sendable, CustomStringConvertible {
  case secret(String)
  case venue(String)
  case journal(String)
  case listener(String)
  case system(String)

  package var description: String {
    switch self {
    case .secret(let words), .venue(let words), .journal(let words), .listener(let words),
      .system(let words):
      words
    }
  }

  /// 2 for what the operator must mend in settings, 1 otherwise.
  package var exitStatus: Int32 {
    if case .secret = self { return 2 }
    return 1
  }
}
