/// How old a quote will be when our order meets it.
package struct EffectiveAge: Sendable, Hashable, BitwiseCopyable {
  package let quoteAgeNanoseconds: Int64
  package let latencyNanoseconds: Int64

  package init(quoteAgeNanoseconds: Int64, latency: OrderLatency) {
    self.quoteAgeNanoseconds = max(quoteAgeNanoseconds, 0)
    latencyNanoseconds = latency.medianNanoseconds
  }

  package var total: Int64 {
    let (sum, overflow) = quoteAgeNanoseconds.addingReportingOverflow(latencyNanoseconds)
    return overflow ? .max : sum
  }
}
