import Foundation
import Platform
import Synchronization

/// A loopback server that answers each request with the next of its prepared texts.
///
/// A connection stays open until the peer closes it, or after an empty answer.
final class CannedServer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let answers: Mutex<[[UInt8]]>
  private let received = Mutex<[String]>([])
  private let accepted = Mutex(0)

  init(_ answers: [[UInt8]]) {
    self.answers = Mutex(answers)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        precondition(bind(listener, address, size) == 0 && listen(listener, 8) == 0)
        getsockname(listener, address, &size)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    WorkerThread(name: "canned") { self.run() }.start()
  }

  convenience init(_ answers: String...) {
    self.init(answers.map { Array($0.utf8) })
  }

  var url: String { "http://127.0.0.1:\(port)" }
  /// The requests so far, heads and bodies.
  var requests: [String] { received.withLock { $0 } }
  var connectionCount: Int { accepted.withLock { $0 } }

  /// The thread that accepts closes the listener: were it closed here, that thread could go on with
  /// the next server's, which may get the same number.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func run() {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else {
        close(listener)
        return
      }
      accepted.withLock { $0 += 1 }
      WorkerThread(name: "connection") { self.serve(connection) }.start()
    }
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    while let request = readRequest(connection) {
      received.withLock { $0.append(request) }
      let answer = answers.withLock { $0.isEmpty ? [] : $0.removeFirst() }
      if answer.isEmpty { return }
      guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
    }
  }

  private func readRequest(_ connection: Int32) -> String? {
    var text = ""
    while true {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: buffer[..<count], as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { continue }
      let length = text.firstMatch(of: /(?i)content-length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
      if text[end.upperBound...].utf8.count >= length { return text }
    }
  }
}
