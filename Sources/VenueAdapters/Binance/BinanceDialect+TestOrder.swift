package import RouterCore
package import Wire

extension BinanceDialect {
  /// `POST /api/v3/order/test`: the same words as an order, checked and not sent to the engine.
  package func testOrder(
    _ order: NewChildOrder, _ binding: ListingBinding, at stamp: RequestStamp,
    signer: any VenueSigner
  ) -> HTTPRequest? {
    let setup = AdapterSetup(
      venue: order.venue, venueName: name, instance: order.id.instance, listings: [binding],
      assets: [])
    var request = BinanceOrderEntry(context: BinanceContext(setup)).place(order, binding)
    request.path += "/test"
    return BinanceAuthentication.httpRequest(
      request, at: stamp, windowMilliseconds: setup.requestWindowMilliseconds, signer: signer)
  }
}
