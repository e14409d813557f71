import Journal
import RouterCore
import Testing

struct FactCodecTests {
  @Test(arguments: SampleFacts.all)
  func `every fact is read as it was written`(fact: Fact) {
    #expect(FactCodec.decode(FactCodec.encode(fact)) == fact)
  }

  @Test func `the samples have every kind of fact once`() {
    let types = SampleFacts.all.map { FactCodec.encode($0).type }
    #expect(Set(types).count == types.count)
    #expect(types.count == 38)
  }

  @Test func `optional prices are kept apart from zero`() {
    for (limit, stop) in [(nil, nil), (Price.zero, nil), (nil, Price.zero)] as [(Price?, Price?)] {
      let order = NewOrderSingle(
        requestID: 1, clientOrderID: ShortText(), requestDigest: 2, instrument: InstrumentID(0),
        side: .buy, type: .market, timeInForce: .fillOrKill, quantity: .zero, limitPrice: limit,
        stopPrice: stop, deadline: .distantPast, maximumChildren: 0)
      let fact = Fact.parentAccepted(
        ParentAccepted(
          id: ParentOrderID(0), order: order, effectiveLimit: .zero, arrivalBid: .zero,
          arrivalAsk: .zero, at: .distantPast))
      #expect(FactCodec.decode(FactCodec.encode(fact)) == fact)
    }
  }

  @Test(arguments: SampleFacts.all)
  func `a payload that is too short or too long is refused`(fact: Fact) {
    let encoded = FactCodec.encode(fact)
    for count in 0..<encoded.payload.count {
      let short = FactCodec.Encoded(
        type: encoded.type, version: encoded.version, payload: Array(encoded.payload[..<count]))
      #expect(FactCodec.decode(short) == nil)
    }
    let long = FactCodec.Encoded(
      type: encoded.type, version: encoded.version, payload: encoded.payload + [0])
    #expect(FactCodec.decode(long) == nil)
  }

  @Test(arguments: SampleFacts.all)
  func `no bytes trap and what is read is written back the same`(fact: Fact) {
    let encoded = FactCodec.encode(fact)
    for position in encoded.payload.indices {
      for value in [0, 1, 2, 0x7F, 0x80, 0xFF] as [UInt8] {
        var payload = encoded.payload
        payload[position] = value
        let changed = FactCodec.Encoded(
          type: encoded.type, version: encoded.version, payload: payload)
        guard let read = FactCodec.decode(changed) else { continue }
        #expect(FactCodec.encode(read) == changed)
      }
    }
  }

  @Test func `an unknown type or version is no fact`() {
    let encoded = FactCodec.encode(SampleFacts.all[0])
    for (type, version) in [(0, 1), (200, 1), (encoded.type, 0), (encoded.type, 2)]
      as [(UInt8, UInt8)]
    {
      #expect(
        FactCodec.decode(
          FactCodec.Encoded(type: type, version: version, payload: encoded.payload)) == nil)
    }
  }
}
