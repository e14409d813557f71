import Journal
import RouterCore
import Testing

/// The bytes of each kind of fact, as the first release wrote them.
///
/// A failure here means that journals in the field can no longer be read. A new layout gets a new
/// version and new rows; these rows stay.
struct FactCodecGoldenTests {
  private struct Row {
    let type: UInt8
    let version: UInt8
    let payload: String

    var encoded: FactCodec.Encoded {
      let digits = payload.compactMap { $0.hexDigitValue }
      let bytes = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      }
      return FactCodec.Encoded(type: type, version: version, payload: bytes)
    }
  }

  @Test func `facts of the first release are read`() {
    #expect(Self.firstRelease.count == SampleFacts.firstRelease.count)
    for (row, fact) in zip(Self.firstRelease, SampleFacts.firstRelease) {
      #expect(FactCodec.decode(row.encoded) == fact)
    }
  }

  @Test func `facts of the second layout are read`() {
    #expect(Self.secondLayout.count == SampleFacts.secondLayout.count)
    for (row, fact) in zip(Self.secondLayout, SampleFacts.secondLayout) {
      #expect(FactCodec.decode(row.encoded) == fact)
    }
  }

  @Test func `every fact is written, and read, byte for byte`() {
    let later = Set(Self.later.map(\.type))
    let rows = Self.later + Self.firstRelease.filter { !later.contains($0.type) }
    #expect(rows.count == SampleFacts.all.count)
    for fact in SampleFacts.all {
      let written = FactCodec.encode(fact)
      let row = rows.first { $0.type == written.type }
      #expect(row?.encoded == written)
      #expect(row.flatMap { FactCodec.decode($0.encoded) } == fact)
    }
  }

  /// What came later: new kinds, and new versions of old ones.
  private static let later: [Row] = [
    Row(type: 60, version: 1, payload: "035a000000000000005b0000005c0001"),
    Row(
      type: 61, version: 1,
      payload: "03646500660067006869006a006b006c6d006e006f0070710072007300"),
    Row(
      type: 62, version: 1,
      payload: "035d000000000000005e000000000000005f60000000610000006200000000000000"),
    Row(
      type: 56, version: 1,
      payload: "030807060504030201563412efcdab134f51434c4d4c2d42573350332d4255434d575a01"
        + "050002500000000000000051000000000000005200000000000000035300000000000000"),
    Row(type: 57, version: 1, payload: "0807060504030201563412efcdab5400000000000000"),
    Row(
      type: 58, version: 1,
      payload: "0400" + "5500" + "56000000" + "5700" + "5800" + "5900" + "5a00000000000000"
        + "5b00000000000000" + "5c00000000000000" + "5d00000000000000" + "5e"),
    Row(
      type: 59, version: 1,
      payload: "05020201" + "5f000000" + "60000000" + "61000000" + "0b" + "6200000000000000"
        + "6300" + "6400000000000000"),
    Row(
      type: 9, version: 1,
      payload: "032200000000000000ddffffffffffffff1c2570110100240000000000000025000000"),
    Row(
      type: 16, version: 3,
      payload: "00000000008000000b000000000000000e636c69656e742d6f726465722d310df0ad0befbeadde09"
        + "000204067b0000000000000001c80100000000000000ffffffffffffff7f08c901000000000000ca"
        + "01000000000000cb010000000000000300000000000000050103c409300000000000000031003200"
        + "3300000034000000023e00030101"),
    Row(
      type: 18, version: 2,
      payload: "0d0000000000000002000e000000000000000f00000000000000f0ffffffffffffffffffffffffff"
        + "ffff1100000000000000000000000000000012000000000000000113000000000000001400000000"
        + "00000000000000000000000500000000000000040226000000000000000000000000000000270000"
        + "00000000000000000000000000d8ffffffffffffffffffffffffffffff29000000012a0000000000"
        + "00002b00000000000000"),
    Row(
      type: 19, version: 2,
      payload: "0d000000000000000200150016000000000000001700000000000000180000000000000000000000"
        + "0000000019001a000000000000001b00000000000000092c0000000000000000000000000000002d"
        + "00000000000000000000000000000094262e000000000000002f00000000000000"),
    Row(
      type: 22, version: 1,
      payload: "0d000000000000000200150035000000000000003600000000000000370000000000000038003900"
        + "0000000000003a000000000000003b000000000000003c000000000000003d00000000000000"),
    Row(
      type: 23, version: 1,
      payload: "0d000000000000003f000000000000004041"
        + "420000000000000043000000000000004400000000000000"),
    Row(
      type: 24, version: 1,
      payload: "0d00000000000000450000000000000001460000000000000000"
        + "47000000000000004800000000000000"),
    Row(
      type: 25, version: 1,
      payload: "0d00000000000000450000000000000001460000000000000000"
        + "47000000000000004800000000000000"),
    Row(
      type: 32, version: 3,
      payload: "0807060504030201563412efcdab030500011c000000000000001d000000000000000303001e0000"
        + "0000000000000000000000000008000000000000000102"),
    Row(type: 48, version: 1, payload: "03ffff0000000000000000000000fcffffffff"),
    Row(
      type: 49, version: 1,
      payload: "0e636c69656e742d6f726465722d33efcdab8967452301014600000000000000144700000000000000"),
    Row(type: 50, version: 1, payload: "48000000000000004900000000000000"),
    Row(type: 51, version: 1, payload: "4a00000000000000"),
  ]

  /// What a later layout has replaced since.
  private static let secondLayout: [Row] = [
    Row(
      type: 16, version: 2,
      payload: "00000000008000000b000000000000000e636c69656e742d6f726465722d310df0ad0befbeadde09"
        + "000204067b0000000000000001c80100000000000000ffffffffffffff7f08c901000000000000ca"
        + "01000000000000cb010000000000000300000000000000050103c409300000000000000031003200"
        + "3300000034000000"),
    Row(
      type: 32, version: 2,
      payload: "0807060504030201563412efcdab030500011c000000000000001d000000000000000303001e0000"
        + "00000000000000000000000000080000000000000001"),
  ]

  private static let firstRelease: [Row] = [
    Row(
      type: 1, version: 1,
      payload: "0700000015cd853dfe9c9717"),
    Row(
      type: 2, version: 1,
      payload: "03066b72616b656e60ea00000000000001"),
    Row(
      type: 3, version: 1,
      payload: "020103425443"),
    Row(
      type: 4, version: 1,
      payload: "090001000200040a074254432d555344"),
    Row(
      type: 5, version: 1,
      payload: "0500030900075842542f555344e8030000000000006400000000000000f401000000000000ffffff"
        + "ffffffff7f00f2052a01000000000000000000000090d0030000000000f0d8ffffffffffff0203"),
    Row(
      type: 6, version: 1,
      payload: "00000000000000000000000010000000e8030000fa000000d00700000000000040000000"),
    Row(
      type: 7, version: 1,
      payload: "01ffffffffffffffff"),
    Row(
      type: 8, version: 1,
      payload: "c800450200000000000000"),
    Row(
      type: 16, version: 1,
      payload: "00000000008000000b000000000000000e636c69656e742d6f726465722d310df0ad0befbeadde09"
        + "000204067b0000000000000001c80100000000000000ffffffffffffff7f08c901000000000000ca"
        + "01000000000000cb010000000000000300000000000000"),
    Row(
      type: 17, version: 1,
      payload: "0e636c69656e742d6f726465722d320c00000000000000170400000000000000"),
    Row(
      type: 18, version: 1,
      payload: "0d0000000000000002000e000000000000000f00000000000000f0ffffffffffffffffffffffffff"
        + "ffff1100000000000000000000000000000012000000000000000113000000000000001400000000"
        + "00000000000000000000000500000000000000"),
    Row(
      type: 19, version: 1,
      payload: "0d000000000000000200150016000000000000001700000000000000180000000000000000000000"
        + "0000000019001a000000000000001b0000000000000009"),
    Row(
      type: 20, version: 1,
      payload: "0d000000000000000600000000000000"),
    Row(
      type: 21, version: 1,
      payload: "0d00000000000000031b0700000000000000"),
    Row(
      type: 32, version: 1,
      payload: "0807060504030201563412efcdab030500011c000000000000001d000000000000000303001e0000"
        + "000000000000000000000000000800000000000000"),
    Row(
      type: 33, version: 1,
      payload: "0807060504030201563412efcdab0900000000000000"),
    Row(
      type: 34, version: 1,
      payload: "0807060504030201563412efcdab280a00000000000000"),
    Row(
      type: 35, version: 1,
      payload: "0807060504030201563412efcdab134f51434c4d4c2d42573350332d4255434d575a0b0000000000"
        + "0000"),
    Row(
      type: 36, version: 1,
      payload: "0807060504030201563412efcdab0c00000000000000"),
    Row(
      type: 37, version: 1,
      payload: "0807060504030201563412efcdab0d00000000000000"),
    Row(
      type: 38, version: 1,
      payload: "0807060504030201563412efcdab0500012730313233343536373839616263646566303132333435"
        + "36373839616263646566303132333435361f000000000000002000000000000000dfffffffffffff"
        + "ffffffffffffffffff0200020e000000000000000f00000000000000"),
    Row(
      type: 39, version: 1,
      payload: "0807060504030201563412efcdab053c001000000000000000"),
  ]
}
