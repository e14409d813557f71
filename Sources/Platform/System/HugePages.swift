internal import CPlatform

/// Memory in pages of two megabytes instead of four kilobytes.
package enum HugePages {
  /// Joins the pages of what this process has allocated and of its code, as far as the kernel can
  /// (`madvise(2)`, `MADV_COLLAPSE`, Linux 6.1).
  ///
  /// The tables of a router that waits are out of the processor's reach when it must act at once; a
  /// walk through the page tables for each of them then costs more than the work. Takes some
  /// milliseconds for each ten megabytes, and no memory where the pages are in use already.
  ///
  /// - Returns: The bytes that lie in huge pages now.
  @discardableResult
  package static func join() -> Int64 { sluice_join_pages() }
}
