import Testing

@testable import RouterService

struct StagePictureTests {
  @Test func `each bar begins where the one before it ends`() {
    let picture = StagePicture([
      .init(name: "handover", p50: 30_000, p90: 45_000),
      .init(name: "decide", p50: 20_000, p90: 20_000),
      .init(name: "write", p50: 10_000, p90: 15_000),
    ])
    #expect(
      picture.lines == [
        "handover |" + String(repeating: "#", count: 30) + String(repeating: ".", count: 15),
        "decide   |" + String(repeating: " ", count: 30) + String(repeating: "#", count: 20),
        "write    |" + String(repeating: " ", count: 50) + "##########.....",
      ])
  }

  @Test func `what is too short is seen, and what is too long is cut`() {
    let lines = StagePicture([
      .init(name: "a", p50: 1, p90: 1), .init(name: "b", p50: 1_000_000, p90: .max / 2),
    ]).lines
    #expect(lines[0] == "a |#")
    #expect(lines[1].hasSuffix("#.......................>"))
  }

  @Test func `nothing measured is no picture`() {
    #expect(StagePicture([]).lines.isEmpty)
    #expect(StagePicture([.init(name: "a", p50: 0, p90: 0)]).lines.isEmpty)
  }
}
