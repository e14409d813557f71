/// Why a simulated venue refuses a request; each dialect has its own words for it.
package enum OrderRefusal: Error, Sendable, Equatable, CaseIterable {
  case unknownInstrument, marketHalted, cancelOnly, postOnlyMode, limitOnlyMode
  case priceOffTick, quantityOffLot, quantityTooSmall, quantityTooLarge, notionalTooSmall
  case insufficientFunds, duplicateClientOrderID, tooManyOpenOrders, wouldTake, invalid
  case unknownOrder, orderClosed
}
