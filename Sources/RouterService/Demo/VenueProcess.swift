internal import Foundation
internal import Glibc
internal import Platform
internal import Wire

/// One simulated venue in a process of its own: `sluice venue NAME`.
final class VenueProcess {
  let name: String
  private let directory: String
  private let seed: UInt64
  private let takerFee: String
  private let isLimited: Bool
  private var process: Process?
  private var lifeline: Pipe?
  private(set) var port = 0
  private(set) var adminPort = 0

  init(
    name: String, takerFee: String, directory: String, seed: UInt64, isLimited: Bool
  ) {
    self.isLimited = isLimited
    self.name = name
    self.takerFee = takerFee
    self.directory = directory
    self.seed = seed
  }

  var certificateAuthority: String { "\(directory)/certificates/ca.pem" }

  func credential(_ part: String) -> String { "\(directory)/credentials/\(name).\(part)" }

  /// Starts the venue, on the ports of its first start if it had one, and waits until it serves.
  func start() throws(DemoError) {
    let readyFile = "\(directory)/\(name).ready"
    try? FileManager.default.removeItem(atPath: readyFile)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "venue", name, "--port", "\(port)", "--admin-port", "\(adminPort)", "--seed", "\(seed)",
      "--state", "\(directory)/\(name)", "--certificates", "\(directory)/certificates",
      "--credentials", "\(directory)/credentials", "--ready-file", readyFile,
      "--taker-fee-bps", takerFee,
      "--until-stdin-closes",
    ]
    if !isLimited { process.arguments?.append("--no-rate-limits") }
    let lifeline = Pipe()
    process.standardInput = lifeline
    process.standardOutput = log()
    process.standardError = process.standardOutput
    do {
      try process.run()
    } catch {
      throw DemoError("\(name) did not start: \(error)")
    }
    self.process = process
    self.lifeline = lifeline
    try readPorts(readyFile)
  }

  private func log() -> FileHandle {
    let path = "\(directory)/\(name).log"
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let handle = FileHandle(forWritingAtPath: path) ?? .nullDevice
    _ = try? handle.seekToEnd()
    return handle
  }

  private func readPorts(_ readyFile: String) throws(DemoError) {
    for _ in 0..<500 {
      if let data = FileManager.default.contents(atPath: readyFile),
        let json = try? JSONValue(parsing: Array(data)), let port = json["port"]?.int64,
        let adminPort = json["admin_port"]?.int64
      {
        (self.port, self.adminPort) = (Int(port), Int(adminPort))
        return
      }
      guard process?.isRunning == true else { break }
      Thread.sleep(forTimeInterval: 0.02)
    }
    throw DemoError("\(name) did not become ready; see \(directory)/\(name).log")
  }

  /// Ends the process at once, as a power cut would.
  func kill() {
    guard let process else { return }
    _ = Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func stop() {
    try? lifeline?.fileHandleForWriting.close()
    guard let process, process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}

/// Why the demonstration did not hold.
package struct DemoError: Error, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
