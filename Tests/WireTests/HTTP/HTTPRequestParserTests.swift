import Testing

@testable import Wire

extension HTTPRequestParser {
  mutating func append(_ text: String) {
    append(Array(text.utf8))
  }

  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }
}

struct HTTPRequestParserTests {
  static func parse(
    _ text: String, limits: HTTPLimits = HTTPLimits()
  ) throws(HTTPParseError) -> HTTPRequest? {
    var parser = HTTPRequestParser(limits: limits)
    parser.append(text)
    return try parser.next()
  }

  static func status(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    do throws(HTTPParseError) {
      _ = try parse(text, limits: limits)
      return nil
    } catch {
      return error.status
    }
  }

  static let post =
    "POST /v1/orders?dry=1 HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 5\r\n"
    + "X-Key:\t a b \r\n\r\nhello"
  static let chunked =
    "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
    + "5;a=b\r\nhello\r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"

  @Test func `a request with a body is read`() throws {
    let request = try #require(try Self.parse(Self.post))
    #expect(request.method == "POST")
    #expect(request.target == "/v1/orders?dry=1")
    #expect(request.headers["x-key"] == "a b")
    #expect(request.headers.pairs.count == 3)
    #expect(request.body == Array("hello".utf8))
    #expect(request.keepsAlive)
  }

  @Test func `a chunked body is joined and its trailers dropped`() throws {
    let request = try #require(try Self.parse(Self.chunked))
    #expect(request.body == Array("hello0123456789".utf8))
    #expect(request.headers["Trailer"] == nil)
  }

  @Test func `requests follow one another, however the bytes are cut`() throws {
    let bytes = Array((Self.post + Self.chunked + "\r\n" + Self.post).utf8)
    for size in [1, 2, 3, 10, 100, bytes.count] {
      var parser = HTTPRequestParser()
      var requests: [HTTPRequest] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        parser.append(Array(bytes[start..<min(start + size, bytes.count)]))
        while let request = try parser.next() { requests.append(request) }
      }
      #expect(requests.map(\.method) == ["POST", "PUT", "POST"], "pieces of \(size)")
      #expect(requests.map(\.body.count) == [5, 15, 5])
      #expect(!parser.isMidMessage)
    }
  }

  @Test func `a request cut at any byte waits for the rest`() throws {
    for text in [Self.post, Self.chunked] {
      let bytes = Array(text.utf8)
      for count in 0..<bytes.count {
        var parser = HTTPRequestParser()
        parser.append(Array(bytes[..<count]))
        #expect(try parser.next() == nil)
        #expect(parser.isMidMessage == (count > 0))
        parser.append(Array(bytes[count...]))
        #expect(try parser.next() != nil)
      }
    }
  }

  @Test func `a parser tells how far a request has come`() throws {
    var parser = HTTPRequestParser()
    #expect(!parser.isMidMessage && !parser.headComplete)
    parser.append("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n")
    #expect(try parser.next() == nil)
    #expect(parser.isMidMessage && !parser.headComplete && !parser.expectsContinue)
    parser.append("\r\n")
    #expect(try parser.next() == nil)
    #expect(parser.headComplete && parser.expectsContinue)
    parser.append("x")
    #expect(try parser.next() != nil)
    #expect(!parser.isMidMessage && !parser.headComplete && !parser.expectsContinue)
  }

  @Test func `bytes after an upgrade are left for the next protocol`() throws {
    var parser = HTTPRequestParser()
    parser.append("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n")
    parser.append([0x81, 0x00])
    #expect(try parser.next() != nil)
    #expect(parser.takeRemainder() == [0x81, 0x00])
    #expect(!parser.isMidMessage)
  }

  @Test func `a target that names this host in front becomes a path`() throws {
    let request = try Self.parse("GET http://H:80/a?b HTTP/1.1\r\nHost: h:80\r\n\r\n")
    #expect(request?.target == "/a?b")
    let options = try Self.parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(options?.target == "*")
  }

  @Test func `HTTP 1-0 needs no host and closes`() throws {
    let request = try #require(try Self.parse("GET / HTTP/1.0\r\n\r\n"))
    #expect(!request.keepsAlive)
    #expect(request.minorVersion == 0)
  }

  @Test func `a header in Latin-1 keeps its characters`() throws {
    var parser = HTTPRequestParser()
    parser.append(
      Array("GET / HTTP/1.1\r\nHost: h\r\nX: caf".utf8) + [0xe9] + Array("\r\n\r\n".utf8))
    #expect(try parser.next()?.headers["X"] == "café")
  }

  // The ways to make two readers see different messages.

  /// Header lines and a body after a good request line and Host.
  @Test(arguments: [
    ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    ("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    ("Content-Length: 5, 5\r\n\r\nhello", 400), ("Content-Length: +5\r\n\r\nhello", 400),
    ("Content-Length: -5\r\n\r\n", 400), ("Content-Length: 0x5\r\n\r\nhello", 400),
    ("Content-Length: 5 5\r\n\r\nhello", 400), ("Content-Length:\r\n\r\n", 400),
    ("Content-Length: 5.0\r\n\r\nhello", 400), ("Content-Length: ٥\r\n\r\nhello", 400),
    ("Content-Length: 99999999999999999999999\r\n\r\n", 400),
    ("Content-Length: 18446744073709551621\r\n\r\nhello", 400),
    ("Content-Length: 999999999999999999\r\n\r\n", 413),
    ("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    ("Transfer-Encoding: identity\r\n\r\n", 501), ("Transfer-Encoding: xchunked\r\n\r\n", 501),
    ("Transfer-Encoding: \"chunked\"\r\n\r\n", 501),
    ("Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding\t: chunked\r\n\r\n", 400), ("Content-Length : 5\r\n\r\nhello", 400),
    ("X: a\r\n b\r\n\r\n", 400), ("X: a\r\n\tb\r\n\r\n", 400), (" X: a\r\n\r\n", 400),
    ("X: a\nY: b\r\n\r\n", 400), ("X: a\n\n", 400), ("X: a\rY: b\r\n\r\n", 400),
    ("X: a\r\r\n\r\n", 400), ("X: a\u{0}b\r\n\r\n", 400), ("X\u{0}: a\r\n\r\n", 400),
    ("X: a\u{1}\r\n\r\n", 400), ("X: a\u{7f}\r\n\r\n", 400), (": a\r\n\r\n", 400),
    ("X\r\n\r\n", 400), ("X Y: a\r\n\r\n", 400), ("X(Y): a\r\n\r\n", 400), ("Xé: a\r\n\r\n", 400),
    ("Host: other\r\n\r\n", 400), ("host: h\r\n\r\n", 400),
  ])
  func `headers that two readers could take differently are refused`(rest: String, status: Int) {
    #expect(Self.status("POST / HTTP/1.1\r\nHost: h\r\n" + rest) == status)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h:\r\n\r\n", 400),
    ("GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET http://h:81/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET h HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET  HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / a HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET /#f HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /é HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    (" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400), ("GET /\r\n\r\n", 400),
    ("GET / http/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505), ("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
    ("GET / HTTP/1.1\nHost: h\n\n", 400), ("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /\u{0} HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
  ])
  func `a request line or host that is not plain is refused`(text: String, status: Int) {
    #expect(Self.status(text) == status)
  }

  @Test(arguments: [
    "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
    "5\r\nhell\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
    "-1\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
    "5 ;a\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n", ";a\r\nhello\r\n0\r\n\r\n", "g\r\n",
    "ffffffffffffffff\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "0000000000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
    "5;a=\u{0}\r\nhello\r\n", "5;a\rb\r\nhello\r\n", "0\r\n X: folded\r\n\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\nX: y\n\r\n",
  ])
  func `a chunk that is not plain is refused`(body: String) {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(Self.status(head + body) == 400)
  }

  @Test func `chunk extensions are bounded over the whole message`() throws {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    func chunks(_ count: Int, extensionBytes: Int) -> String {
      let chunk = "1;" + String(repeating: "a", count: extensionBytes - 1) + "\r\nx\r\n"
      return head + String(repeating: chunk, count: count) + "0\r\n\r\n"
    }
    #expect(try Self.parse(chunks(1, extensionBytes: 256)) != nil)
    #expect(Self.status(chunks(1, extensionBytes: 257)) == 400)
    #expect(try Self.parse(chunks(128, extensionBytes: 2)) != nil)
    #expect(Self.status(chunks(129, extensionBytes: 2)) == 400)
  }

  @Test func `each part of a request is bounded`() throws {
    let limits = HTTPLimits(
      requestLineBytes: 32, headerBytes: 64, headerCount: 3, bodyBytes: 8)
    let host = " HTTP/1.1\r\nHost: h\r\n"
    #expect(Self.status("GET /" + String(repeating: "a", count: 40), limits: limits) == 414)
    let exact = "GET /" + String(repeating: "a", count: 18) + host + "\r\n"
    #expect(try Self.parse(exact, limits: limits) != nil)
    let over = "GET /" + String(repeating: "a", count: 19) + host + "\r\n"
    #expect(Self.status(over, limits: limits) == 414)
    #expect(Self.status("GET /" + host + "A: b\r\nC: d\r\nE: f\r\n\r\n", limits: limits) == 431)
    let long = "X: " + String(repeating: "a", count: 80)
    #expect(Self.status("GET /" + host + long, limits: limits) == 431)
    #expect(Self.status("GET /" + host + long + "\r\n\r\n", limits: limits) == 431)
    #expect(
      Self.status("POST /" + host + "Content-Length: 9\r\n\r\n", limits: limits) == 413)
    let chunked = "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n"
    #expect(Self.status(chunked + "9\r\n", limits: limits) == 413)
    #expect(Self.status(chunked + "5\r\nhello\r\n4\r\n", limits: limits) == 413)
    let trailers = "0\r\n" + String(repeating: "T: u\r\n", count: 8)
    #expect(Self.status(chunked + trailers, limits: limits) == 431)
  }

  @Test func `a line that never ends is refused as soon as it is too long`() {
    var parser = HTTPRequestParser(limits: HTTPLimits(requestLineBytes: 100))
    var failed = false
    for _ in 0..<200 where !failed {
      parser.append("a")
      do throws(HTTPParseError) { _ = try parser.next() } catch { failed = error.status == 414 }
    }
    #expect(failed)
  }

  @Test func `a parser that failed gives the same error again`() {
    var parser = HTTPRequestParser()
    parser.append("BAD\r\n\r\n")
    #expect(throws: HTTPParseError.self) { try parser.next() }
    parser.append(Self.post)
    #expect(throws: HTTPParseError.self) { try parser.next() }
  }

  @Test func `a good request before a bad one is still given`() throws {
    var parser = HTTPRequestParser()
    parser.append(Self.post + "BAD\r\n\r\n")
    #expect(try parser.next() != nil)
    #expect(throws: HTTPParseError.self) { try parser.next() }
  }

  @Test func `mutated requests come out the same whether whole or byte by byte`() {
    var random = XorShift(seed: 31)
    for round in 0..<3000 {
      let bytes = random.mutated(Array((round % 2 == 0 ? Self.post : Self.chunked).utf8))
      var whole = HTTPRequestParser()
      whole.append(bytes)
      let expected = outcome(&whole)
      var pieces = HTTPRequestParser()
      var actual = Outcome.incomplete
      for byte in bytes where actual == .incomplete {
        pieces.append([byte])
        actual = outcome(&pieces)
      }
      #expect(expected == actual, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  /// Which rule a broken request breaks first may depend on how its bytes come; that it is
  /// refused, and with which status, may not.
  private enum Outcome: Equatable {
    case request(HTTPRequest)
    case incomplete
    case refused(Int)
  }

  private func outcome(_ parser: inout HTTPRequestParser) -> Outcome {
    do throws(HTTPParseError) {
      return try parser.next().map(Outcome.request) ?? .incomplete
    } catch {
      return .refused(error.status)
    }
  }
}
