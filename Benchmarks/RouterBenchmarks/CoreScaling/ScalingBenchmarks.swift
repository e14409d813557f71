/// What a tick, an order, and a tick that makes an order marketable cost the core, by the number of venues, symbols, levels and orders.
///
/// One number changes at a time. The tables have the sizes of the service's, the events are those
/// that its core thread gives; what adapters, journal and sockets cost is not in it.
enum ScalingBenchmarks {
  private static var sizes: [CoreSite.Size] {
    var sizes = [CoreSite.Size()]
    for venues in [1, 8] { sizes.append(CoreSite.Size(venues: venues)) }
    for symbols in [1, 50] { sizes.append(CoreSite.Size(symbols: symbols)) }
    for levels in [100, 1000] { sizes.append(CoreSite.Size(levels: levels)) }
    for parents in [10, 100, 1000, 4000] { sizes.append(CoreSite.Size(parents: parents)) }
    return sizes
  }

  static func run(_ benchmarker: inout Benchmarker) {
    for size in sizes {
      if benchmarker.wants("core/tick/\(size)") {
        let site = CoreSite(size)
        benchmarker.measure(
          "core/tick/\(size)", calls: 20_000, prepare: site.prepareTick, site.tick)
      }
      if benchmarker.wants("core/order/\(size)") {
        let site = CoreSite(size)
        benchmarker.measure("core/order/\(size)", calls: 10_000, prepare: site.prepareOrder) { _ in
          site.submit()
        }
      }
      if benchmarker.wants("core/strike/\(size)") {
        let site = CoreSite(size)
        benchmarker.measure(
          "core/strike/\(size)", calls: 10_000, prepare: site.prepareStrike, site.strike)
      }
    }
  }
}
