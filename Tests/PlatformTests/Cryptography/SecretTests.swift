import Platform
import Testing

struct SecretTests {
  @Test func `a secret never prints its bytes`() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(!text.contains("104"))
    }
    #expect("\(secret)" == "***")
  }

  @Test func `a secret lends its bytes`() {
    #expect(Secret([1, 2, 3]).withBytes { Array($0) } == [1, 2, 3])
    #expect(Secret([]).withBytes { $0.count } == 0)
  }

  @Test func `equality looks at all bytes and the length`() {
    #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
    #expect(ConstantTime.equal([], []))
  }

  @Test func `random bytes have the length asked for and differ`() {
    #expect(SecureRandom.bytes(32).count == 32)
    #expect(SecureRandom.bytes(0).isEmpty)
    #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    #expect(SecureRandom.word() != SecureRandom.word())
  }
}
