internal import Glibc
package import Platform

/// The file system of the machine.
package struct SystemStorage: JournalStorage {
  private let mayMap: Bool

  /// Without `mayMap` every write to a journal is a system call.
  package init(mayMap: Bool = true) {
    self.mayMap = mayMap
  }

  package func exists(_ path: String) -> Bool { FileSystem.exists(path) }

  package func listDirectory(_ path: String) throws(PlatformError) -> [String] {
    try FileSystem.listDirectory(path)
  }

  package func createDirectories(_ path: String) throws(PlatformError) {
    try FileSystem.createDirectories(path)
  }

  package func open(
    _ path: String, _ mode: DurableFile.Mode
  ) throws(PlatformError) -> any JournalFile {
    try DurableFile(path, mode, mayMap: mayMap)
  }

  package func rename(_ path: String, to newPath: String) throws(PlatformError) {
    try FileSystem.rename(path, to: newPath)
  }

  package func remove(_ path: String) throws(PlatformError) { try FileSystem.remove(path) }

  package func synchronizeDirectory(_ path: String) throws(PlatformError) {
    try FileSystem.synchronizeDirectory(path)
  }

  package func ageSeconds(of path: String) throws(PlatformError) -> Int64 {
    Int64(time(nil)) - (try FileSystem.modificationTime(of: path))
  }
}
