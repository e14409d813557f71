/// Why bytes are no histogram, in words for whoever handed us the file.
package struct HistogramError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String

  init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}
