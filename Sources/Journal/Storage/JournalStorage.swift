package import Platform

/// Where a journal's files are: the operating system, or a disk that a test or a simulation has
/// made to fail.
///
/// What it promises is what POSIX does and no more: a name is durable when its directory was
/// synced, bytes when their file was, and a sync that has failed once is never tried again.
package protocol JournalStorage: Sendable {
  func exists(_ path: String) -> Bool
  /// The names in a directory, sorted.
  func listDirectory(_ path: String) throws(PlatformError) -> [String]
  func createDirectories(_ path: String) throws(PlatformError)
  func open(_ path: String, _ mode: DurableFile.Mode) throws(PlatformError) -> any JournalFile
  func rename(_ path: String, to newPath: String) throws(PlatformError)
  func remove(_ path: String) throws(PlatformError)
  func synchronizeDirectory(_ path: String) throws(PlatformError)
  /// Seconds since a file was last written.
  func ageSeconds(of path: String) throws(PlatformError) -> Int64
}

/// An open file of a journal; `DurableFile` says what each call does.
package protocol JournalFile: AnyObject, Sendable {
  /// The name under which it was opened.
  var path: String { get }
  func size() throws(PlatformError) -> Int64
  func lock() throws(PlatformError) -> Bool
  func reserve(_ byteCount: Int64) throws(PlatformError)
  func writeZeros(_ byteCount: Int64, at start: Int64) throws(PlatformError)
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError)
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Int
  func map(_ byteCount: Int64)
  func prepareWrites(_ byteCount: Int)
  func truncate(to byteCount: Int64) throws(PlatformError)
  func synchronizeData() throws(PlatformError)
  func synchronize() throws(PlatformError)
}

extension DurableFile: JournalFile {}

extension JournalFile {
  package func map(_ byteCount: Int64) {}
  package func prepareWrites(_ byteCount: Int) {}

  package func write(_ bytes: [UInt8], at offset: Int64) throws(PlatformError) {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(PlatformError) in try unsafe write(buffer, at: offset) }
    }
    try result.get()
  }

  /// All bytes from the start to the end of the file.
  package func contents() throws(PlatformError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(try size()))
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(PlatformError) in try unsafe read(into: buffer, at: 0) }
    }
    bytes.removeLast(bytes.count - (try result.get()))
    return bytes
  }
}

extension JournalStorage {
  /// Replaces a file in one step: after a power cut it has the old content or the new one.
  func writeFileAtomically(
    _ path: String, _ bytes: [UInt8], in directory: String
  ) throws(PlatformError) {
    let temporary = path + JournalDirectory.temporarySuffix
    if exists(temporary) { try remove(temporary) }
    let file = try open(temporary, .create)
    try file.write(bytes, at: 0)
    try file.synchronize()
    try rename(temporary, to: path)
    try synchronizeDirectory(directory)
  }
}
