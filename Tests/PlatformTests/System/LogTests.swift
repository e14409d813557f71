import Foundation
import Platform
import Testing

struct LogTests {
  private func line(_ fields: KeyValuePairs<String, String>) -> LogLine {
    LogLine(
      wallNanoseconds: 1_795_628_400_123_456_789, level: .info, area: "gateway",
      event: "connected", fields: fields)
  }

  @Test func `a line has the time, the level, the area and the fields in their order`() {
    #expect(
      line(["venue": "kraken", "address": "127.0.0.1:443"]).text
        == "2026-11-25T17:40:00.123456789Z info gateway event=connected venue=kraken"
        + " address=127.0.0.1:443")
  }

  @Test func `a value can neither end the line nor pass for another field`() {
    let text = line(["text": "a\nb=\"c\" \\ \u{202E}\u{1B}[31m", "empty": "", "word": "Zürich"])
      .text
    #expect(
      text.hasSuffix(
        #" text="a\nb=\"c\" \\ \u{202e}\u{1b}[31m" empty="" word="Zürich""#))
    #expect(!text.contains("\n"))
  }

  @Test func `lines arrive whole and in order, and drops are said`() throws {
    let pipe = Pipe()
    let writer = LogWriter(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor, capacity: 4)
    // Nobody reads yet: the pipe fills, then the queue.
    for number in 0..<20_000 { writer.write(line(["number": "\(number)"])) }
    let reader = pipe.fileHandleForReading
    var received = Data()
    while !received.contains(UInt8(ascii: "\n")) { received += reader.availableData }
    while !String(decoding: received, as: UTF8.self).contains("lines dropped") {
      writer.write(line(["number": "20001"]))
      received += reader.availableData
    }
    writer.flush()
    writer.stop()
    // The last read may have ended within a line, whose number would be cut short.
    let end = try #require(received.lastIndex(of: UInt8(ascii: "\n")))
    let lines = String(decoding: received[...end], as: UTF8.self).split(separator: "\n")
    let numbers = lines.compactMap { $0.firstMatch(of: /number=([0-9]+)/).flatMap { Int($0.1) } }
    #expect(numbers == numbers.sorted())
    #expect(lines.contains { $0.contains(/warning log event="lines dropped" count=[0-9]+/) })
    withExtendedLifetime(pipe) {}
  }

  @Test func `flush returns when the lines are out`() throws {
    let pipe = Pipe()
    let writer = LogWriter(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor)
    for number in 0..<100 { writer.write(line(["number": "\(number)"])) }
    writer.flush()
    let text = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    #expect(text.split(separator: "\n").count == 100)
    writer.stop()
    withExtendedLifetime(pipe) {}
  }
}
