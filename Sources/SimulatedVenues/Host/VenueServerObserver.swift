/// Told of the moments that measurements are made of; called on the venue's own loop.
package protocol VenueServerObserver: AnyObject {
  /// A message for a client's socket was handed to the kernel, at a monotonic time.
  func sent(at nanoseconds: Int64)
  /// A new order or several in one message came; the venue has not looked at them yet.
  func receivedOrder(at nanoseconds: Int64)
}
