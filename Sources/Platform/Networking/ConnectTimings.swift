/// When the steps of opening a connection were done, in monotonic nanoseconds.
///
/// A step that was not needed has the time of the one before it.
package struct ConnectTimings: Sendable {
  package var startedNanoseconds: Int64 = 0
  /// The name was looked up.
  package var resolvedNanoseconds: Int64 = 0
  /// TCP stood, through the proxy if there is one.
  package var connectedNanoseconds: Int64 = 0
  /// The TLS handshake was over.
  package var securedNanoseconds: Int64 = 0

  package init() {}
}
