package import RouterCore

/// Who notes when the bytes of requests and answers come and go; called on the gateways' thread.
package protocol StageObserver: AnyObject {
  /// What a gateway reports until the next call was read then; `nil` once all has been reported.
  func reading(at time: Timestamp?)
  /// A new order is encoded and signed; its bytes go next.
  func signed(_ child: ChildOrderID)
  /// The last byte of a new order has been handed to the kernel.
  func written(_ child: ChildOrderID)
}
