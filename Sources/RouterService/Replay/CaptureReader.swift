import Foundation

/// A run of bytes of a capture; valid only while the reader's callback runs.
@safe struct CaptureBytes {
  let pointer: UnsafeRawBufferPointer

  var text: String { unsafe String(decoding: pointer, as: UTF8.self) }
}

/// Reads a capture line by line; compressed ones through the `gzip` program.
enum CaptureReader {
  private static let chunkBytes = 1 << 18

  /// Hands each line, without its end, and its number from 1 to `body`; `false` stops.
  static func read(
    _ path: String, _ body: (CaptureBytes, Int) throws(ReplayError) -> Bool
  ) throws(ReplayError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missingFile(path) }
    if path.hasSuffix(".gz") {
      try readCompressed(path, body)
    } else {
      guard let file = FileHandle(forReadingAtPath: path) else {
        throw .unreadable(path, reason: "cannot be opened")
      }
      defer { try? file.close() }
      _ = try readLines(file, path, body)
    }
  }

  /// The whole content, for small files such as reference data.
  static func contents(_ path: String) throws(ReplayError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(path) { (line, _) throws(ReplayError) in
      unsafe bytes.append(contentsOf: line.pointer)
      bytes.append(UInt8(ascii: "\n"))
      return true
    }
    return bytes
  }

  private static func readCompressed(
    _ path: String, _ body: (CaptureBytes, Int) throws(ReplayError) -> Bool
  ) throws(ReplayError) {
    let (process, output) = try startGzip(path)
    let isWhole: Bool
    do {
      isWhole = try readLines(output.fileHandleForReading, path, body)
    } catch {
      end(process)
      throw error
    }
    guard isWhole else { return end(process) }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw .unreadable(path, reason: "gzip says that it is damaged")
    }
  }

  /// Not with SIGTERM: a child that was started on a dispatch thread has it blocked.
  private static func end(_ process: Process) {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Held while a pipe has both ends here: a child started meanwhile would inherit the writing end
  /// and keep the reader from ever seeing the end.
  private static let starting = NSLock()

  private static func startGzip(_ path: String) throws(ReplayError) -> (Process, Pipe) {
    starting.lock()
    defer { starting.unlock() }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", "--", path]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw .unreadable(path, reason: "gzip cannot be started: \(error)")
    }
    return (process, output)
  }

  /// - Returns: Whether the end was reached.
  private static func readLines(
    _ file: FileHandle, _ path: String,
    _ body: (CaptureBytes, Int) throws(ReplayError) -> Bool
  ) throws(ReplayError) -> Bool {
    var buffer: [UInt8] = []
    var lineNumber = 0
    while true {
      let chunk: Data?
      do {
        chunk = try file.read(upToCount: chunkBytes)
      } catch {
        throw .unreadable(path, reason: "read failed: \(error)")
      }
      let isLast = chunk?.isEmpty ?? true
      if let chunk { buffer.append(contentsOf: chunk) }
      if isLast && !buffer.isEmpty { buffer.append(UInt8(ascii: "\n")) }
      guard let used = try takeLines(buffer, &lineNumber, body) else { return false }
      if isLast { return true }
      buffer.removeSubrange(..<used)
    }
  }

  /// Hands the whole lines of `buffer` to `body`.
  ///
  /// - Returns: How many bytes they took, or `nil` if `body` wants no more.
  private static func takeLines(
    _ buffer: [UInt8], _ lineNumber: inout Int,
    _ body: (CaptureBytes, Int) throws(ReplayError) -> Bool
  ) throws(ReplayError) -> Int? {
    var start = 0
    var number = lineNumber
    defer { lineNumber = number }
    return try unsafe buffer.withUnsafeBufferPointer { (bytes) throws(ReplayError) -> Int? in
      for index in 0..<bytes.count where unsafe bytes[index] == UInt8(ascii: "\n") {
        number += 1
        let line = unsafe UnsafeRawBufferPointer(
          UnsafeBufferPointer(rebasing: bytes[start..<index]))
        guard try body(unsafe CaptureBytes(pointer: line), number) else { return nil }
        start = index + 1
      }
      return start
    }
  }
}
