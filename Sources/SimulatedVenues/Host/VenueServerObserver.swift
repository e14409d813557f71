/// Told of the moments that measurements are made of; called on the venue's own loop.
package protocol VenueServerObserver: AnyObject {
  /// A message for a client's socket, which the host knows by its number, was handed to the kernel,
  /// at a monotonic time.
  func sent(_ text: [UInt8], toSocket id: Int, at nanoseconds: Int64)
  /// A new order or several in one message came; the venue has not looked at them yet.
  func receivedOrder(at nanoseconds: Int64)
}
