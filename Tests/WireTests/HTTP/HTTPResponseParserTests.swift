import Testing

@testable import Wire

extension HTTPResponseParser {
  mutating func append(_ text: String) {
    append(Array(text.utf8))
  }

  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }
}

struct HTTPResponseParserTests {
  static func parser(_ text: String, method: String = "POST") -> HTTPResponseParser {
    var parser = HTTPResponseParser()
    parser.expect(method: method)
    parser.append(text)
    return parser
  }

  static let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
  static let chunked =
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

  @Test func `a response with a length is read`() throws {
    var parser = Self.parser(Self.ok)
    let response = try #require(try parser.next())
    #expect(response.status == 200)
    #expect(response.reason == "OK")
    #expect(response.headers["content-type"] == "application/json")
    #expect(response.body == Array("{}".utf8))
    #expect(response.keepsAlive)
    #expect(!parser.isMidMessage)
  }

  @Test func `responses follow one another, however the bytes are cut`() throws {
    let bytes = Array((Self.ok + "HTTP/1.1 100 Continue\r\n\r\n" + Self.chunked + Self.ok).utf8)
    for size in [1, 2, 3, 10, 50, bytes.count] {
      var parser = HTTPResponseParser()
      var statuses: [Int] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        parser.append(Array(bytes[start..<min(start + size, bytes.count)]))
        while let response = try parser.next() { statuses.append(response.status) }
      }
      #expect(statuses == [200, 201, 200], "pieces of \(size)")
    }
  }

  @Test func `a response cut at any byte is never taken for whole`() throws {
    for text in [Self.ok, Self.chunked] {
      let bytes = Array(text.utf8)
      for count in 0..<bytes.count {
        var parser = HTTPResponseParser()
        parser.append(Array(bytes[..<count]))
        #expect(try parser.next() == nil)
        if count == 0 {
          #expect(try parser.finish() == nil)
        } else {
          #expect(throws: HTTPParseError.self) { try parser.finish() }
        }
      }
    }
  }

  @Test func `a body without a length ends with the connection`() throws {
    var parser = Self.parser("HTTP/1.1 200 OK\r\n\r\nsome")
    #expect(try parser.next() == nil)
    parser.append(" more")
    let response = try #require(try parser.finish())
    #expect(response.body == Array("some more".utf8))
    #expect(!response.keepsAlive)
    #expect(try parser.finish() == nil)
  }

  @Test func `a response to HEAD, a 204 and a 304 have no body`() throws {
    var head = Self.parser("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", method: "HEAD")
    #expect(try head.next()?.body == [])
    for status in [204, 304] {
      var parser = Self.parser("HTTP/1.1 \(status) X\r\nContent-Length: 10\r\n\r\n")
      #expect(try parser.next()?.status == status)
    }
  }

  @Test func `methods are matched to responses in order`() throws {
    var parser = HTTPResponseParser()
    parser.expect(method: "HEAD")
    parser.expect(method: "GET")
    parser.append("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + Self.ok)
    #expect(try parser.next()?.body == [])
    #expect(try parser.next()?.body == Array("{}".utf8))
  }

  @Test func `an accepted CONNECT has no body and a refused one has`() throws {
    var accepted = Self.parser("HTTP/1.1 200 OK\r\n\r\nTLS", method: "CONNECT")
    #expect(try accepted.next()?.status == 200)
    #expect(accepted.takeRemainder() == Array("TLS".utf8))
    var refused = Self.parser(
      "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", method: "CONNECT")
    #expect(try refused.next()?.body == Array("no".utf8))
  }

  @Test func `interim responses are passed over, but not without end`() throws {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    var parser = Self.parser(String(repeating: interim, count: 16) + Self.ok)
    #expect(try parser.next()?.status == 200)
    var endless = Self.parser(String(repeating: interim, count: 17))
    #expect(throws: HTTPParseError.self) { try endless.next() }
    var cut = Self.parser(interim)
    #expect(try cut.next() == nil)
    #expect(cut.isMidMessage)
    #expect(throws: HTTPParseError.self) { try cut.finish() }
  }

  @Test func `a 101 is final and what follows belongs to the next protocol`() throws {
    var parser = Self.parser("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    parser.append([0x81, 0])
    #expect(try parser.next()?.status == 101)
    #expect(parser.takeRemainder() == [0x81, 0])
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
    ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true),
    ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", true),
  ])
  func `a response says whether the connection may be used again`(
    text: String, keepsAlive: Bool
  ) throws {
    var parser = Self.parser(text)
    #expect(try parser.next()?.keepsAlive == keepsAlive)
  }

  @Test(arguments: [
    "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "\r\n" + ok,
    "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\u{0}K\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ])
  func `a response that is not plain is refused`(text: String) {
    var parser = Self.parser(text)
    #expect(throws: HTTPParseError.self) { try parser.next() }
    #expect(throws: HTTPParseError.self) { try parser.finish() }
  }

  @Test func `a body without a length is bounded too`() {
    var parser = HTTPResponseParser(limits: HTTPLimits(bodyBytes: 10))
    parser.append("HTTP/1.1 200 OK\r\n\r\n12345678901")
    #expect(throws: HTTPParseError.self) { try parser.next() }
  }

  @Test func `random and mutated bytes are refused or read, without harm`() {
    var random = XorShift(seed: 32)
    for round in 0..<10_000 {
      let bytes =
        round % 4 == 0
        ? random.bytes(40)
        : random.mutated(Array((round % 2 == 0 ? Self.ok : Self.chunked).utf8))
      var parser = HTTPResponseParser()
      parser.append(bytes)
      do throws(HTTPParseError) {
        while try parser.next() != nil {}
        _ = try parser.finish()
        #expect(!parser.isMidMessage)
      } catch {
        #expect(error.status >= 400)
      }
    }
  }
}
