internal import RouterCore
internal import VenueAdapters

internal import class Simulation.SimulatedExchange
internal import struct Simulation.SimulatedFill
internal import struct Simulation.SimulatedOrder

/// What one venue knows of the router's account, whatever the adapter made of it.
///
/// Read from the exchange behind the dialect, which only ever adds orders and fills; each is looked
/// at once.
final class WireBooks {
  struct Order: Equatable {
    var child: ChildOrderID
    var listing: ListingID
    var side: Side
    var price: Price
    var quantity: Quantity
    var filled: Quantity
    var isOpen: Bool
    /// How many requests with its id have reached the venue, or how many orders they became.
    var copies: Int
  }

  struct Trade: Equatable {
    var child: ChildOrderID
    var quantity: Quantity
    var price: Price
    var fee: Amount
    var feeAsset: AssetID
  }

  private struct Place {
    var index: Int
    var child: ChildOrderID
    var pair: Int
  }

  private let server: SimulatedVenueServer
  private let venue: VenueID
  private let reference: WireReference
  private var places: [Place] = []
  private var seenOrders = 0
  private var seenFills = 0
  private var trades: [Trade] = []
  private var changes: [Int128]

  init(_ server: SimulatedVenueServer, venue: VenueID, reference: WireReference) {
    self.server = server
    self.venue = venue
    self.reference = reference
    changes = reference.assets.map { _ in 0 }
  }

  // MARK: Orders

  var orderCount: Int {
    look()
    return places.count
  }

  func order(at number: Int) -> Order { order(places[number]) }

  /// The newest order under an id.
  func order(_ child: ChildOrderID) -> Order? {
    look()
    return places.last { $0.child == child }.map(order)
  }

  var allTrades: [Trade] {
    look()
    return trades
  }

  /// By how much the router's own orders have moved an asset, in units of `Amount`.
  func change(of asset: AssetID) -> Int128 {
    look()
    return asset.index < changes.count ? changes[asset.index] : 0
  }

  private func order(_ place: Place) -> Order {
    let order = server.exchange.orders[place.index]
    let accepted = places.count { $0.child == place.child }
    return Order(
      child: place.child, listing: reference.listing(venue, place.pair),
      side: order.terms.side == .buy ? .buy : .sell, price: Price(mantissa: order.terms.price),
      quantity: Quantity(mantissa: order.terms.quantity),
      filled: Quantity(mantissa: order.executed), isOpen: order.isOpen,
      copies: max(accepted, server.exchange.requestCount(order.terms.clientOrderID)))
  }

  // MARK: Looking

  private func look() {
    let exchange = server.exchange
    while seenOrders < exchange.orders.count {
      if let place = place(exchange.orders[seenOrders], seenOrders) { places.append(place) }
      seenOrders += 1
    }
    while seenFills < exchange.fills.count {
      note(exchange.fills[seenFills], exchange)
      seenFills += 1
    }
  }

  private func place(_ order: SimulatedOrder, _ index: Int) -> Place? {
    guard order.account == server.account, let child = child(order.terms.clientOrderID) else {
      return nil
    }
    return Place(index: index, child: child, pair: order.terms.instrument)
  }

  /// Whose order a client id names; nil if it is not one of the router's.
  private func child(_ text: String) -> ChildOrderID? {
    guard !server.strangers.contains(text) else { return nil }
    let bytes = Array(text.utf8)
    let child = ChildOrderID(short: bytes) ?? ChildOrderID(uuid: bytes)
    return child?.instance == reference.instance ? child : nil
  }

  private func note(_ fill: SimulatedFill, _ exchange: SimulatedExchange) {
    guard fill.account == server.account,
      let child = exchange.order(id: fill.orderID).flatMap({ child($0.terms.clientOrderID) })
    else { return }
    let instrument = reference.instruments[fill.instrument]
    let sign: Int128 = fill.side == .buy ? 1 : -1
    let terms = exchange.instrument(fill.instrument)
    changes[instrument.base.index] += sign * terms.baseAmount(fill.quantity).units
    changes[instrument.quote.index] -= sign * fill.notional.units
    let feeAsset = fill.isFeeInQuote ? instrument.quote : instrument.base
    changes[feeAsset.index] -= fill.fee.units
    trades.append(
      Trade(
        child: child, quantity: Quantity(mantissa: fill.quantity),
        price: Price(mantissa: fill.price), fee: Amount(mantissa: fill.fee.units),
        feeAsset: feeAsset))
  }
}
