package import Platform
package import Simulation

/// The append-only log from which a venue that was killed knows its orders, fills and balances.
///
/// A write reaches the kernel before the client is answered; that survives the end of the process.
package final class StateLog: StateStore {
  private let file: DurableFile
  private var end: Int64
  private var stored: [StateRecord] = []

  /// Opens the log of a venue and reads what it holds; an unfinished last line is cut off.
  package init(directory: String, venue: String) throws(PlatformError) {
    try FileSystem.createDirectories(directory)
    file = try DurableFile("\(directory)/\(venue).log", .write)
    guard try file.lock() else {
      throw PlatformError(
        operation: "open \(file.path)", detail: "another process is running this venue")
    }
    let bytes = try file.contents()
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    end = Int64(whole)
    for (number, line) in bytes[..<whole].split(separator: UInt8(ascii: "\n")).enumerated() {
      let text = String(decoding: line, as: UTF8.self)
      if text.first == "#" { continue }
      guard let record = StateRecord(line: text) else {
        throw PlatformError(
          operation: "read \(file.path)",
          detail: "line \(number + 1) is not a record; move the file away to start afresh")
      }
      stored.append(record)
    }
  }

  /// The records found at opening, once.
  package func takeStored() -> [StateRecord] {
    defer { stored = [] }
    return stored
  }

  package func append(_ records: [StateRecord]) {
    var text = ""
    for record in records { text += record.line + "\n" }
    write(Array(text.utf8))
  }

  /// Empties the log.
  package func clear() {
    // Later records overwrite nothing: an emptied log is one whose old lines are comments.
    let length = end
    end = 0
    guard length > 0 else { return }
    var blank = [UInt8](repeating: UInt8(ascii: "#"), count: Int(length))
    blank[Int(length) - 1] = UInt8(ascii: "\n")
    write(blank)
  }

  private func write(_ bytes: [UInt8]) {
    // A venue that cannot keep its promise must not go on trading.
    do throws(PlatformError) {
      try file.write(bytes, at: end)
      end += Int64(bytes.count)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
