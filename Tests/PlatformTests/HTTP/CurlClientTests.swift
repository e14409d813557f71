import Foundation
import Platform
import Synchronization
import Testing
import Wire

struct CurlClientTests {
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: a b \r\n\r\nhi"

  @Test func `an answer has status, headers and body`() throws {
    let server = CannedServer(Self.ok)
    defer { server.stop() }
    let client = try CurlClient(options: CurlOptions(userAgent: "sluice/1"))
    let response = try client.performAndWait(CurlRequest(url: server.url + "/a?b=c"))
    #expect(response.status == 200)
    #expect(response.reason == "OK")
    #expect(response.headers["x-test"] == "a b")
    #expect(response.body == Array("hi".utf8))
    let request = try #require(server.requests.first)
    #expect(request.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
    #expect(request.contains("User-Agent: sluice/1\r\n"))
    client.shutdown()
  }

  @Test func `a body and headers are sent as they are`() throws {
    let server = CannedServer(Self.ok, Self.ok, Self.ok)
    defer { server.stop() }
    let client = try CurlClient()
    for (method, body) in [("POST", "x=1\u{0}2"), ("POST", ""), ("DELETE", "{}")] {
      _ = try client.performAndWait(
        CurlRequest(
          method: method, url: server.url, headers: [("API-Key", "k"), ("X-Empty", "")],
          body: Array(body.utf8)))
      let request = try #require(server.requests.last)
      #expect(request.hasPrefix("\(method) / HTTP/1.1\r\n"))
      #expect(request.contains("API-Key: k\r\n"))
      #expect(request.contains("X-Empty:\r\n"))
      #expect(request.contains("Content-Length: \(body.utf8.count)\r\n"))
      #expect(!request.contains("Content-Type"))
      #expect(!request.contains("Expect"))
      #expect(request.hasSuffix("\r\n\r\n\(body)"))
    }
    #expect(server.connectionCount == 1)
    client.shutdown()
  }

  @Test func `a redirect is an answer`() throws {
    let server = CannedServer(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    defer { server.stop() }
    let client = try CurlClient()
    #expect(try client.performAndWait(CurlRequest(url: server.url)).status == 302)
    client.shutdown()
  }

  @Test func `a compressed body is unpacked and its coding no longer claimed`() throws {
    let packed = try #require(
      Data(base64Encoded: "H4sIAAAAAAAC/8tIzcnJVyjPL8pJAQCFEUoNCwAAAA=="))
    let head =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n"
      + "X-Kept: 1\r\n\r\n"
    let server = CannedServer([Array(head.utf8) + packed])
    defer { server.stop() }
    let client = try CurlClient()
    let response = try client.performAndWait(CurlRequest(url: server.url))
    #expect(String(decoding: response.body, as: UTF8.self) == "hello world")
    #expect(response.headers["content-encoding"] == nil)
    #expect(response.headers["content-length"] == nil)
    #expect(response.headers["x-kept"] == "1")
    client.shutdown()
  }

  @Test func `an answer larger than allowed is refused`() throws {
    let server = CannedServer(
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
    defer { server.stop() }
    let client = try CurlClient()
    var request = CurlRequest(url: server.url)
    request.maximumResponseBytes = 10
    #expect(try client.performAndWait(request).body.count == 10)
    request.maximumResponseBytes = 9
    let failure = #expect(throws: CurlFailure.self) { try client.performAndWait(request) }
    #expect(failure?.message == "the answer is larger than allowed")
    #expect(failure?.bytesMayHaveLeft == true)
    client.shutdown()
  }

  @Test func `a refused connection proves that nothing was sent`() throws {
    let server = CannedServer(Self.ok)
    server.stop()
    let client = try CurlClient()
    let failure = #expect(throws: CurlFailure.self) {
      try client.performAndWait(CurlRequest(url: server.url))
    }
    #expect(failure?.bytesMayHaveLeft == false)
    client.shutdown()
  }

  @Test func `a request that gets no answer may have arrived`() throws {
    let server = CannedServer("")
    defer { server.stop() }
    let client = try CurlClient()
    let failure = #expect(throws: CurlFailure.self) {
      try client.performAndWait(CurlRequest(url: server.url))
    }
    #expect(failure?.bytesMayHaveLeft == true)
    client.shutdown()
  }

  @Test func `a slow answer ends at the total timeout`() throws {
    let server = CannedServer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012")
    defer { server.stop() }
    let client = try CurlClient()
    var request = CurlRequest(url: server.url)
    request.timeoutMilliseconds = 100
    let failure = #expect(throws: CurlFailure.self) { try client.performAndWait(request) }
    #expect(failure?.code == 28)
    client.shutdown()
  }

  @Test(arguments: [
    CurlRequest(method: "GET\r\n", url: "http://127.0.0.1/"),
    CurlRequest(url: "http://127.0.0.1/ HTTP/1.1"),
    CurlRequest(url: "http://127.0.0.1/", headers: [("A", "b\r\nC: d")]),
    CurlRequest(url: "http://127.0.0.1/", headers: [("A b", "c")]),
    CurlRequest(url: "file:///etc/hostname"),
  ])
  func `a request that would smuggle something is refused`(request: CurlRequest) throws {
    let client = try CurlClient()
    let failure = #expect(throws: CurlFailure.self) { try client.performAndWait(request) }
    #expect(failure?.bytesMayHaveLeft == false)
    client.shutdown()
  }

  @Test func `a client that is shut down completes everything once`() throws {
    let server = CannedServer([])
    defer { server.stop() }
    let client = try CurlClient()
    let completions = Mutex(0)
    for _ in 0..<20 {
      client.perform(CurlRequest(url: server.url)) { _ in completions.withLock { $0 += 1 } }
    }
    client.shutdown()
    #expect(completions.withLock { $0 } == 20)
    #expect(throws: CurlFailure.self) {
      try client.performAndWait(CurlRequest(url: server.url))
    }
  }

  @Test func `a proxy is asked for what is not encrypted`() throws {
    let proxy = CannedServer(Self.ok)
    defer { proxy.stop() }
    let client = try CurlClient(options: CurlOptions(proxy: proxy.url))
    #expect(try client.performAndWait(CurlRequest(url: "http://venue.invalid/a")).status == 200)
    #expect(proxy.requests.first?.hasPrefix("GET http://venue.invalid/a HTTP/1.1\r\n") == true)
    client.shutdown()
  }

  @Test func `warming opens the connection that the first request uses`() throws {
    let server = CannedServer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Self.ok)
    defer { server.stop() }
    let client = try CurlClient()
    client.warm(server.url)
    #expect(try client.performAndWait(CurlRequest(url: server.url)).status == 200)
    #expect(server.connectionCount == 1)
    #expect(server.requests.map { $0.prefix(4) } == ["HEAD", "GET "])
    client.shutdown()
  }
}
