package import RouterCore
internal import class Simulation.SimulatedExchange
internal import struct Simulation.SimulatedFill
internal import struct Simulation.SimulatedOrder
internal import VenueAdapters

/// What one venue knows of the router's account, whatever the adapter made of it.
package struct WireTruth: Sendable {
  package struct Order: Sendable, Equatable {
    package var child: ChildOrderID
    package var listing: ListingID
    package var side: Side
    package var price: Price
    package var quantity: Quantity
    package var filled: Quantity
    package var isOpen: Bool
    /// How many requests with its id have reached the venue.
    package var requests: Int
  }

  package struct Trade: Sendable, Equatable {
    package var child: ChildOrderID
    package var quantity: Quantity
    package var price: Price
    package var fee: Amount
    package var feeAsset: AssetID
  }

  /// Oldest first.
  package private(set) var orders: [Order] = []
  package private(set) var trades: [Trade] = []
  /// Totals by asset, in the order of the reference.
  package private(set) var totals: [Amount] = []
  package private(set) var isConserved = true

  init(_ exchange: SimulatedExchange, account: Int, of reference: WireReference) {
    guard let venue = reference.venues.firstIndex(of: exchange.options.venue) else { return }
    let reader = Reader(
      exchange: exchange, venue: VenueID(UInt8(venue)), account: account, reference: reference)
    orders = exchange.orders.compactMap(reader.order)
    trades = exchange.fills.compactMap(reader.trade)
    totals = reference.assets.map { asset in
      Amount(mantissa: exchange.balance(account, asset.name).total.units)
    }
    isConserved = exchange.ledger.isConserved
  }

  /// Whose order a client id names; nil if it is not one of the router's.
  static func child(_ text: String) -> ChildOrderID? {
    let bytes = Array(text.utf8)
    return ChildOrderID(short: bytes) ?? ChildOrderID(uuid: bytes)
  }

  private struct Reader {
    let exchange: SimulatedExchange
    let venue: VenueID
    let account: Int
    let reference: WireReference

    func order(_ order: SimulatedOrder) -> Order? {
      guard order.account == account, let child = child(order.terms.clientOrderID),
        child.instance == reference.instance, let pair = pair(order.terms.instrument)
      else { return nil }
      return Order(
        child: child, listing: reference.listing(venue, pair),
        side: order.terms.side == .buy ? .buy : .sell,
        price: price(order.terms.price, order.terms.instrument, pair),
        quantity: quantity(order.terms.quantity, order.terms.instrument, pair),
        filled: quantity(order.executed, order.terms.instrument, pair), isOpen: order.isOpen,
        requests: exchange.requestCount(order.terms.clientOrderID))
    }

    func trade(_ fill: SimulatedFill) -> Trade? {
      guard fill.account == account, let order = exchange.order(id: fill.orderID),
        let child = child(order.terms.clientOrderID), child.instance == reference.instance,
        let pair = pair(fill.instrument)
      else { return nil }
      let instrument = reference.instruments[pair]
      return Trade(
        child: child, quantity: quantity(fill.quantity, fill.instrument, pair),
        price: price(fill.price, fill.instrument, pair),
        fee: Amount(mantissa: fill.fee.units),
        feeAsset: fill.isFeeInQuote ? instrument.quote : instrument.base)
    }

    private func child(_ text: String) -> ChildOrderID? { WireTruth.child(text) }

    private func pair(_ instrument: Int) -> Int? {
      let symbol = exchange.instrument(instrument).symbol
      return reference.pairs.firstIndex { $0.description == symbol }
    }

    private func price(_ mantissa: Int64, _ instrument: Int, _ pair: Int) -> Price {
      let digits =
        Int(reference.instruments[pair].priceScale) - exchange.instrument(instrument).priceScale
      return Price(mantissa: Self.raised(mantissa, digits))
    }

    private func quantity(_ mantissa: Int64, _ instrument: Int, _ pair: Int) -> Quantity {
      let digits =
        Int(reference.instruments[pair].quantityScale)
        - exchange.instrument(instrument).quantityScale
      return Quantity(mantissa: Self.raised(mantissa, digits))
    }

    private static func raised(_ mantissa: Int64, _ digits: Int) -> Int64 {
      (0..<max(0, digits)).reduce(mantissa) { value, _ in value * 10 }
    }
  }
}
