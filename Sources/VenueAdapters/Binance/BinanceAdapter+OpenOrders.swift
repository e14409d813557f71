import RouterCore
import Wire

extension BinanceAdapter {
  /// Asks for every open order of the account; what fails is asked again by the core in time.
  func listOpenOrders(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard stamp.time >= silentUntil else { return }
    // What an answer says was true at some time after its question.
    output.fetch(
      BinanceReferenceData.openOrders(at: stamp, signer: signer),
      tag: RequestTag(.openOrders, number: UInt64(bitPattern: stamp.time.nanoseconds)))
  }

  func answeredOpenOrders(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    let reply = BinanceReply(response)
    if case .refused(let refusal) = reply { note(refusal, at: stamp, into: &output) }
    guard case .result(let value) = reply,
      case .openOrders(let orders)? = try? BinanceReferenceData.openOrders(value)
    else { return output.incident(.notice, "open orders: \(reply.words)") }
    output.append(
      openOrders: orders, venue: context.setup.venue, instance: context.setup.instance,
      listings: context.setup.listings,
      askedAt: Timestamp(nanoseconds: Int64(bitPattern: tag.number)))
  }
}
