import Platform
import Testing

/// FIPS 180-4 examples, from NIST's published SHA example values.
struct DigestTests {
  private let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

  @Test func `SHA-1 gives the published digests`() {
    #expect(
      hex(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      hex(Digest.sha1(Array(long.utf8))) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
    #expect(hex(Digest.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
  }

  @Test func `SHA-256 gives the published digests`() {
    #expect(
      hex(Digest.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex(Digest.sha256(Array(long.utf8)))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex(Digest.sha256([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func `SHA-512 gives the published digests`() {
    #expect(
      hex(Digest.sha512(Array("abc".utf8)))
        == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
  }

  @Test func `digests of several algorithms may alternate on one thread`() {
    let first = Digest.sha256([1])
    _ = Digest.sha512([2])
    #expect(Digest.sha256([1]) == first)
  }
}
