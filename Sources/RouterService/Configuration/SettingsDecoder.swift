internal import ClientGateways
internal import Foundation
internal import Journal
internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// Turns the tree of a settings file into `ServiceSettings`, field by field.
struct SettingsDecoder {
  let directory: String

  func decode(_ root: SettingsValue, faults: SettingsReader.Faults) -> ServiceSettings {
    let reader = SettingsReader(
      root, at: "", faults: faults,
      known: [
        "mode", "instance", "listen", "state_directory", "durability", "journal", "authentication",
        "symbols", "assets", "risk", "recovery", "venues", "busy_polling", "keep_warm",
        "core_processor", "recorder", "latency",
      ])
    var settings = ServiceSettings()
    settings.mode = reader.choice(
      "mode", standard: .simulated, ServiceSettings.Mode.allCases.map { ($0.rawValue, $0) })
    settings.instance = UInt32(reader.integer("instance", standard: 1, 1...0xFF_FFFF))
    settings.durability = reader.choice(
      "durability", standard: .power, [("power", .power), ("process", .process)])
    let known = ["retain_days", "snapshot_megabytes", "memory_mapped"]
    if let journal = reader.optionalObject("journal", known: known) {
      settings.retention = retention(journal)
      settings.mapsJournal = journal.bool("memory_mapped", standard: true)
    }
    settings.stateDirectory = absolute(reader.required("state_directory"))
    settings.busyPolling = reader.bool("busy_polling", standard: false)
    settings.keepsWarm = reader.bool("keep_warm", standard: true)
    if reader.value("core_processor") != nil {
      settings.coreProcessor = Int(reader.integer("core_processor", standard: 0, 0...1023))
    }
    let recorder = reader.optionalObject("recorder", known: ["directory"])
    settings.recorderDirectory = recorder.map { absolute($0.required("directory")) }
    settings.latency = latency(reader)
    decodeListener(reader, into: &settings)
    settings.tokens = tokens(reader)
    settings.symbols = pairs(reader, "symbols")
    settings.extraAssets = reader.strings("assets")
    settings.risk = risk(reader)
    if let recovery = reader.optionalObject("recovery", known: ["orphans"]) {
      settings.adoptsOrphans = recovery.choice(
        "orphans", standard: false, [("cancel", false), ("adopt", true)])
    }
    settings.venues = reader.elements("venues").enumerated().map { index, value in
      venue(value, at: "venues[\(index)]", faults)
    }
    return settings
  }

  private func retention(_ journal: SettingsReader) -> JournalRetention {
    var retention = JournalRetention()
    let days = retention.retainSeconds / 86_400
    retention.retainSeconds = journal.integer("retain_days", standard: days, 0...36_500) * 86_400
    let megabytes = retention.snapshotByteCount >> 20
    retention.snapshotByteCount =
      journal.integer("snapshot_megabytes", standard: megabytes, 1...65_536) << 20
    return retention
  }

  private func decodeListener(_ reader: SettingsReader, into settings: inout ServiceSettings) {
    let known = ["host", "port", "certificate", "private_key"]
    guard let listen = reader.optionalObject("listen", known: known) else { return }
    settings.host = listen.string("host") ?? "127.0.0.1"
    settings.port = Int(listen.integer("port", standard: 8080, 0...65535))
    settings.certificateFile = listen.string("certificate").map(absolute)
    settings.keyFile = listen.string("private_key").map(absolute)
  }

  private func tokens(_ reader: SettingsReader) -> [ServiceSettings.Token] {
    let authentication = reader.object("authentication", known: ["tokens"])
    return authentication.elements("tokens").enumerated().compactMap { index, value in
      let token = SettingsReader(
        value, at: "authentication.tokens[\(index)]", faults: reader.faults,
        known: ["name", "token", "scopes"])
      let name = token.required("name")
      guard let reference = secret(token, "token", isRequired: true) else { return nil }
      return ServiceSettings.Token(name: name, reference: reference, scopes: scopes(token))
    }
  }

  private func scopes(_ token: SettingsReader) -> Set<Scope> {
    let names = token.strings("scopes")
    guard !names.isEmpty else {
      token.fault("scopes", "name at least one of read, trade, cancel, kill")
      return []
    }
    var scopes: Set<Scope> = []
    for name in names {
      if let scope = Scope(rawValue: name) {
        scopes.insert(scope)
      } else {
        token.fault("scopes", "'\(name)' is none of read, trade, cancel, kill")
      }
    }
    return scopes
  }

  private func pairs(_ reader: SettingsReader, _ name: String) -> [PairName] {
    var pairs: [PairName] = []
    for text in reader.strings(name) {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      let isNamed = parts.count == 2 && parts.allSatisfy { isAssetName($0) }
      guard isNamed, parts[0] != parts[1] else {
        reader.fault(name, "'\(text)' must be BASE-QUOTE, such as 'BTC-USD'")
        continue
      }
      let pair = PairName(base: parts[0], quote: parts[1])
      if pairs.contains(pair) { reader.fault(name, "\(text) is named twice") }
      pairs.append(pair)
    }
    return pairs
  }

  private func isAssetName(_ text: String) -> Bool {
    !text.isEmpty && text.count <= 16
      && text.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
  }

  private func risk(_ reader: SettingsReader) -> RiskLimits {
    let risk = reader.object(
      "risk",
      known: [
        "maximum_order_value", "maximum_open_orders", "collar_bps", "maximum_book_age_ms",
        "maximum_children_per_order",
      ])
    return RiskLimits(
      maximumOrderValue: Amount(
        mantissa: risk.decimal("maximum_order_value", scale: Amount.scale, standard: 0)),
      maximumOpenParents: Int32(risk.integer("maximum_open_orders", standard: 100, 0...60_000)),
      collarBasisPoints: Int32(risk.integer("collar_bps", standard: 100, 1...5000)),
      maximumBookAgeMilliseconds: risk.integer("maximum_book_age_ms", standard: 5000, 1...600_000),
      maximumChildrenPerParent: Int32(
        risk.integer("maximum_children_per_order", standard: 200, 1...60_000)))
  }

  private func venue(
    _ value: SettingsValue, at path: String, _ faults: SettingsReader.Faults
  ) -> ServiceSettings.Venue {
    let reader = SettingsReader(
      value, at: path, faults: faults,
      known: [
        "name", "protocol", "endpoints", "credentials", "certificate_authority", "proxy", "fees",
        "routing", "throttle", "maintenance", "symbols", "request_window_ms",
        "maximum_clock_offset_ms", "book_depth", "order_transport", "order_lanes",
        "connect_timeout_ms", "request_timeout_ms", "breaker",
      ])
    let credentials = reader.object("credentials", known: ["key", "secret", "passphrase"])
    return ServiceSettings.Venue(
      gateway: gateway(reader), dialect: reader.required("protocol"),
      key: secret(credentials, "key", isRequired: true) ?? .environment(""),
      secret: secret(credentials, "secret", isRequired: true) ?? .environment(""),
      passphrase: secret(credentials, "passphrase", isRequired: false), fees: fees(reader),
      routing: routing(reader), breaker: breaker(reader), throttle: throttle(reader),
      maintenance: maintenance(reader),
      requestWindowMilliseconds: reader.integer("request_window_ms", standard: 2000, 500...60_000),
      bookDepth: Int(reader.integer("book_depth", standard: 1000, 10...5000)),
      orderTransport: reader.choice(
        "order_transport", standard: nil,
        OrderTransportPolicy.allCases.map { ($0.rawValue, $0) }),
      symbols: pairs(reader, "symbols"))
  }

  private func gateway(_ reader: SettingsReader) -> GatewaySettings {
    let endpoints = reader.object("endpoints", known: ["rest", "market_stream", "private_stream"])
    let name = reader.required("name")
    let isPlain = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
    }
    if !isPlain || name.utf8.count > 32 {
      reader.fault("name", "must be at most 32 letters, digits, '-' and '_'")
    }
    var gateway = GatewaySettings(
      name: name, rest: url(endpoints, "rest", ["https", "http"]),
      marketStream: url(endpoints, "market_stream", ["wss", "ws"]),
      privateStream: url(endpoints, "private_stream", ["wss", "ws"]))
    gateway.certificateAuthority = reader.string("certificate_authority").map(absolute)
    if let proxy = reader.string("proxy") {
      gateway.proxy = URLParts(proxy)
      if gateway.proxy == nil { reader.fault("proxy", "must be a URL such as http://host:3128") }
    }
    gateway.maximumClockOffsetMilliseconds = reader.integer(
      "maximum_clock_offset_ms", standard: 5000, 10...60_000)
    gateway.orderLanes = Int(reader.integer("order_lanes", standard: 4, 1...32))
    gateway.connectTimeoutMilliseconds = Int(
      reader.integer("connect_timeout_ms", standard: 5000, 100...60_000))
    gateway.requestTimeoutMilliseconds = Int(
      reader.integer("request_timeout_ms", standard: 12_000, 500...120_000))
    return gateway
  }

  private func url(_ reader: SettingsReader, _ name: String, _ schemes: [String]) -> URLParts {
    let text = reader.required(name)
    guard !text.isEmpty else { return Self.nowhere }
    guard let url = URLParts(text), schemes.contains(url.scheme) else {
      reader.fault(
        name, "'\(text)' must be a URL that begins with \(schemes.joined(separator: ":// or "))://")
      return Self.nowhere
    }
    return url
  }

  /// Stands in for an address that is wrong, so that reading can go on to the next fault.
  private static var nowhere: URLParts {
    guard let url = URLParts("https://127.0.0.1:1/") else {
      preconditionFailure("a constant URL parses")
    }
    return url
  }

  /// Assumptions about a venue; all of them may be left out.
  private func routing(_ reader: SettingsReader) -> VenueRouting {
    var routing = VenueRouting(venue: VenueID(0))
    let known = [
      "latency_ms", "clock_offset_ms", "fill_probability", "fade_per_second", "adverse_move_bps",
      "touch_turnover_per_second",
    ]
    guard let values = reader.optionalObject("routing", known: known) else { return routing }
    routing.latencyNanoseconds = nanoseconds(values, "latency_ms", routing.latencyNanoseconds, 0)
    routing.clockOffsetNanoseconds = nanoseconds(values, "clock_offset_ms", 0, -60_000)
    routing.fillProbability = UInt16(
      parts(values, "fill_probability", Int64(routing.fillProbability), 10_000))
    routing.fadePerSecond = UInt32(
      parts(values, "fade_per_second", Int64(routing.fadePerSecond), 1_000_000))
    routing.touchTurnover = UInt32(
      parts(values, "touch_turnover_per_second", Int64(routing.touchTurnover), 1_000_000))
    if values.value("adverse_move_bps") != nil {
      routing.adverseMove = rate(values, "adverse_move_bps")
    }
    return routing
  }

  private func nanoseconds(
    _ reader: SettingsReader, _ name: String, _ standard: Int64, _ least: Int64
  ) -> Int64 {
    guard reader.value(name) != nil else { return standard }
    return reader.integer(name, standard: 0, least...60_000) * 1_000_000
  }

  /// A decimal of up to four places, in parts per ten thousand.
  func parts(
    _ reader: SettingsReader, _ name: String, _ standard: Int64, _ most: Int64
  ) -> Int64 {
    let parts = reader.decimal(name, scale: 4, standard: Int128(standard))
    guard (0...Int128(most)).contains(parts) else {
      reader.fault(name, "must be a decimal from 0 to \(most / 10_000)")
      return standard
    }
    return Int64(parts)
  }

  private func fees(_ reader: SettingsReader) -> ServiceSettings.Fees? {
    guard let fees = reader.optionalObject("fees", known: ["taker_bps", "maker_bps"]) else {
      return nil
    }
    return ServiceSettings.Fees(taker: rate(fees, "taker_bps"), maker: rate(fees, "maker_bps"))
  }

  private func rate(_ reader: SettingsReader, _ name: String) -> FeeRate {
    if reader.value(name) == nil { reader.fault(name, "is missing") }
    let parts = reader.decimal(name, scale: 4, standard: 0)
    guard abs(parts) < Int128(FeeRate.one) else {
      reader.fault(name, "must be below 10000 basis points")
      return .zero
    }
    return FeeRate(partsPerHundredMillion: Int64(parts))
  }

  private func secret(
    _ reader: SettingsReader, _ name: String, isRequired: Bool
  ) -> SecretReference? {
    guard reader.value(name) != nil else {
      if isRequired { reader.fault(name, Self.secretForm) }
      return nil
    }
    if case .string? = reader.value(name) {
      reader.fault(name, "a secret never stands in a settings file; \(Self.secretForm)")
      return nil
    }
    let reference = reader.object(name, known: ["env", "file"])
    switch (reference.string("env"), reference.string("file")) {
    case (let variable?, nil): return .environment(variable)
    case (nil, let file?): return .file(absolute(file))
    default:
      reader.fault(name, Self.secretForm)
      return nil
    }
  }

  private static let secretForm = "must be {env: 'VARIABLE'} or {file: 'path'}"

  func absolute(_ path: String) -> String {
    guard !path.isEmpty, !path.hasPrefix("/") else { return path }
    return URL(fileURLWithPath: "\(directory)/\(path)").standardized.path
  }
}
