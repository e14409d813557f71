/// A point in monotonic time by which something must have happened.
struct Deadline: Sendable {
  let nanoseconds: Int64

  init(afterMilliseconds milliseconds: Int) {
    self.init(
      afterNanoseconds: Int64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000))
  }

  private init(afterNanoseconds product: (partialValue: Int64, overflow: Bool)) {
    let sum = Clock.monotonicNanoseconds().addingReportingOverflow(max(product.partialValue, 0))
    nanoseconds = product.overflow || sum.overflow ? .max : sum.partialValue
  }

  var remainingNanoseconds: Int64 {
    max(nanoseconds - Clock.monotonicNanoseconds(), 0)
  }

  var hasPassed: Bool { remainingNanoseconds == 0 }

  /// What remains, rounded up for `poll`.
  var remainingMilliseconds: Int32 {
    let remaining = remainingNanoseconds
    return Int32(clamping: remaining / 1_000_000 + (remaining % 1_000_000 == 0 ? 0 : 1))
  }
}
