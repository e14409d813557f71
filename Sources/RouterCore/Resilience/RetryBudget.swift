/// How many questions may be asked a venue again (`routing.md` 9).
///
/// Every first attempt pays in a tenth of a retry, a retry takes a whole one. So that a venue that
/// is asked little can still be asked again, there is a floor that fills by itself. Who finds
/// nothing goes into debt and is told when it is paid: those who wait are served in their order.
package struct RetryBudget: Sendable, BitwiseCopyable {
  // In thousandths of a retry.
  private static let retry: Int64 = 1000
  private static let deposit: Int64 = 100
  private static let greatest: Int64 = 100_000
  /// Up to this it fills by itself, by ten retries a second.
  private static let floor: Int64 = 20_000
  private static let nanosecondsPerPart: Int64 = 100_000

  private var balance = Self.floor
  private var filledAt = Timestamp.distantPast

  package init() {}

  package mutating func depositFirstAttempt() {
    balance = min(balance + Self.deposit, Self.greatest)
  }

  /// Takes one retry.
  ///
  /// - Returns: When it may be made.
  package mutating func withdraw(at now: Timestamp) -> Timestamp {
    fill(now)
    balance -= Self.retry
    guard balance < 0 else { return now }
    return Timestamp(nanoseconds: filledAt.nanoseconds - balance * Self.nanosecondsPerPart)
  }

  private mutating func fill(_ now: Timestamp) {
    guard filledAt > .distantPast, balance < Self.floor else {
      filledAt = now
      return
    }
    let gained = max(now.since(filledAt), 0) / Self.nanosecondsPerPart
    // What is left of the time since counts with the next call.
    filledAt = Timestamp(nanoseconds: filledAt.nanoseconds + gained * Self.nanosecondsPerPart)
    balance = gained > Self.floor - balance ? Self.floor : balance + gained
  }
}
