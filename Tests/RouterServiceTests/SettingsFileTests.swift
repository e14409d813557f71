import Foundation
import RouterCore
import Testing
import VenueAdapters

@testable import RouterService

struct SettingsFileTests {
  /// A complete file; each test breaks one thing.
  private static let complete = """
    {
      // comments are allowed
      mode: 'simulated',
      listen: {host: '127.0.0.1', port: 8080},
      state_directory: 'state',
      durability: 'process',
      authentication: {tokens: [
        {name: 'operator', token: {env: 'TOKEN'}, scopes: ['read', 'trade']},
      ]},
      symbols: ['BTC-USD', 'ETH-USD'],
      risk: {maximum_order_value: '1000.5', collar_bps: 50},
      venues: [{
        name: 'one', protocol: 'coinbase-exchange',
        endpoints: {
          rest: 'https://127.0.0.1:9001', market_stream: 'wss://127.0.0.1:9001/feed',
          private_stream: 'wss://127.0.0.1:9001/feed',
        },
        credentials: {key: {file: 'one.key'}, secret: {env: 'S'}, passphrase: {file: '/p'}},
        fees: {taker_bps: '25', maker_bps: '-1.5'},
      }],
    }
    """

  private func decode(_ text: String) throws(SettingsError) -> ServiceSettings {
    try SettingsFile.decode(Data(text.utf8), file: "test.json5", directory: "/etc/sluice")
  }

  /// The faults of the complete file after a replacement.
  private func faults(_ old: String, _ new: String) -> [String] {
    #expect(Self.complete.contains(old))
    do {
      _ = try decode(Self.complete.replacingOccurrences(of: old, with: new))
      return []
    } catch {
      return error.faults
    }
  }

  @Test func `what makes the core's thread fast has defaults that let it sleep`() throws {
    let settings = try decode(Self.complete)
    #expect(!settings.busyPolling && settings.keepsWarm && settings.mapsJournal)
    let changed = try decode(
      Self.complete.replacingOccurrences(
        of: "durability: 'process',",
        with: """
          durability: 'process', busy_polling: true, keep_warm: false,
          journal: {memory_mapped: false},
          """))
    #expect(changed.busyPolling && !changed.keepsWarm && !changed.mapsJournal)
  }

  @Test func `a complete file is read whole`() throws {
    let settings = try decode(Self.complete)
    #expect(settings.mode == .simulated)
    #expect(settings.stateDirectory == "/etc/sluice/state")
    #expect(settings.durability == .process)
    #expect(settings.symbols.map(\.description) == ["BTC-USD", "ETH-USD"])
    #expect(settings.risk.maximumOrderValue.mantissa == 10_005_000_000_000_000_000)
    #expect(settings.risk.collarBasisPoints == 50)
    let venue = try #require(settings.venues.first)
    #expect(venue.gateway.marketStream.target == "/feed")
    #expect(venue.key == .file("/etc/sluice/one.key"))
    #expect(venue.passphrase == .file("/p"))
    #expect(venue.fees?.maker.partsPerHundredMillion == -15_000)
    #expect(venue.routing == VenueRouting(venue: VenueID(0)))
  }

  @Test func `facts are written through memory unless the settings say otherwise`() throws {
    #expect(try decode(Self.complete).mapsJournal)
    let journal = "journal: {memory_mapped: false, retain_days: 3}, venues:"
    let settings = try decode(Self.complete.replacingOccurrences(of: "venues:", with: journal))
    #expect(!settings.mapsJournal && settings.retention.retainSeconds == 3 * 86_400)
    #expect(faults("venues:", "journal: {memory_mapped: 'no'}, venues:").count == 1)
    #expect(faults("venues:", "journal: {memory_map: true}, venues:").count == 1)
  }

  @Test func `what is assumed about a venue is read in its units`() throws {
    let routing = """
      routing: {latency_ms: 40, clock_offset_ms: -3, fill_probability: '0.9',
        fade_per_second: '0.25', adverse_move_bps: '1.5', touch_turnover_per_second: '0.5'},
      fees:
      """
    let settings = try decode(Self.complete.replacingOccurrences(of: "fees:", with: routing))
    let expected = VenueRouting(
      venue: VenueID(0), latencyNanoseconds: 40_000_000, clockOffsetNanoseconds: -3_000_000,
      fillProbability: 9000, fadePerSecond: 2500,
      adverseMove: FeeRate(partsPerHundredMillion: 15_000), touchTurnover: 5000)
    #expect(settings.venues.first?.routing == expected)
  }

  @Test func `a throttle and windows of maintenance are read in their units`() throws {
    let policy = """
      throttle: {requests_per_second: '2.5', burst: 30, cancel_reserve: '0.3', adaptive: false},
      maintenance: [
        {days: ['sunday', 'monday'], start: '22:05', minutes: 30},
        {days: 'daily', start: '00:00', minutes: 1440, before_seconds: 0},
      ],
      fees:
      """
    let settings = try decode(Self.complete.replacingOccurrences(of: "fees:", with: policy))
    let venue = try #require(settings.venues.first)
    #expect(
      venue.throttle
        == VenueThrottle(
          venue: VenueID(0), intervalNanoseconds: 400_000_000, burst: 30, cancelReserve: 3000,
          isAdaptive: false))
    #expect(
      venue.maintenance[0]
        == MaintenanceWindow(days: 0b100_0001, startMinute: 1325, minutes: 30, beforeSeconds: 60))
    #expect(
      venue.maintenance[1]
        == MaintenanceWindow(days: 0x7F, startMinute: 0, minutes: 1440, beforeSeconds: 0))
    #expect(venue.maintenance[2] == .none)
  }

  @Test func `without a throttle a fifth would be kept for cancels, and nothing is set`() throws {
    let venue = try #require(try decode(Self.complete).venues.first)
    #expect(venue.throttle == nil && venue.maintenance.isEmpty)
    let short = try decode(
      Self.complete.replacingOccurrences(
        of: "fees:", with: "throttle: {requests_per_second: 3}, fees:"))
    let throttle = try #require(short.venues.first?.throttle)
    // Rounded up: never faster than three a second.
    #expect(throttle.intervalNanoseconds == 333_333_334)
    #expect(throttle.burst == 1 && throttle.cancelReserve == 2000 && throttle.isAdaptive)
  }

  @Test(
    arguments: [
      ("throttle: {}", "throttle.requests_per_second: is missing"),
      ("throttle: {requests_per_second: 0}", "throttle.requests_per_second: must be a number"),
      ("throttle: {requests_per_second: '0.0001'}", "must be a decimal in quotes"),
      ("throttle: {requests_per_second: 1, burst: 0}", "throttle.burst: must be"),
      ("throttle: {requests_per_second: 1, cancel_reserve: '1.5'}", "cancel_reserve: must be"),
      ("maintenance: {}", "maintenance: must be a list"),
      ("maintenance: [{}, {}, {}, {}, {}]", "maintenance: holds at most 4 windows"),
      ("maintenance: [{days: 'daily', start: '1:00', minutes: 1}]", "[0].start: must be a time"),
      ("maintenance: [{days: 'daily', start: '24:00', minutes: 1}]", "[0].start: must be a time"),
      ("maintenance: [{days: 'daily', start: '10:60', minutes: 1}]", "[0].start: must be a time"),
      ("maintenance: [{days: 'daily', start: '10:00'}]", "[0].minutes: is missing"),
      ("maintenance: [{days: [], start: '10:00', minutes: 1}]", "[0].days: must be 'daily'"),
      ("maintenance: [{days: ['sun'], start: '10:00', minutes: 1}]", "[0].days: must name days"),
      (
        "maintenance: [{days: 'daily', start: '10:00', minutes: 1, before_seconds: -1}]",
        "[0].before_seconds: must be"
      ),
    ])
  func `a throttle or a window that can not be is named`(setting: String, expected: String) {
    let faults = faults("fees:", "\(setting), fees:")
    #expect(faults.contains { $0.contains(expected) }, "\(faults)")
  }

  @Test func `assumptions that can not be are named`() {
    let faults = faults("fees:", "routing: {fill_probability: '1.1', latency_ms: -1}, fees:")
    #expect(faults.count == 2)
    #expect(faults.allSatisfy { $0.hasPrefix("venues[0].routing.") })
  }

  @Test(
    arguments: [
      ("mode: 'simulated'", "mode: 'fast'", "mode: must be one of"),
      ("port: 8080", "port: 99999", "listen.port: must be a whole number"),
      ("port: 8080", "prot: 8080", "listen.prot: is not a setting"),
      ("durability: 'process'", "durability: 1", "durability: must be a string"),
      ("state_directory: 'state',", "", "state_directory: is missing"),
      ("'BTC-USD', ", "'BTCUSD', ", "symbols: 'BTCUSD' must be BASE-QUOTE"),
      ("'BTC-USD', ", "'ETH-USD', ", "symbols: ETH-USD is named twice"),
      ("'1000.5'", "1000.5", "risk.maximum_order_value: must be a string"),
      ("'1000.5'", "'1e5'", "risk.maximum_order_value: '1e5' must be a decimal"),
      ("'read', 'trade'", "'admin'", "scopes: 'admin' is none of"),
      ("token: {env: 'TOKEN'}", "token: 'abc'", "a secret never stands in a settings file"),
      ("key: {file: 'one.key'}", "key: {}", "credentials.key: must be {env"),
      (", passphrase: {file: '/p'}", "", "credentials.passphrase: coinbase-exchange needs it"),
      ("protocol: 'coinbase-exchange'", "protocol: 'nyse'", "protocol: 'nyse' is not known"),
      ("rest: 'https://127.0.0.1:9001'", "rest: '127.0.0.1'", "endpoints.rest: '127.0.0.1' must"),
      ("taker_bps: '25'", "taker_bps: '10000'", "taker_bps: must be below 10000"),
      ("taker_bps: '25', ", "", "fees.taker_bps: is missing"),
    ])
  func `a wrong setting is named with what it should be`(
    old: String, new: String, expected: String
  ) {
    let faults = faults(old, new)
    #expect(faults.contains { $0.contains(expected) }, "\(faults)")
  }

  @Test(arguments: [
    ("binance", "'fastest'", OrderTransportPolicy.fastest), ("binance", "'socket'", .socket),
    ("binance", "'http'", .http), ("coinbase-exchange", "'http'", .http),
    ("kraken", "'socket'", .socket), ("binance", "null", nil), ("kraken", "null", nil),
  ])
  func `the way of orders is read, and left open if it is not set`(
    venue: String, value: String, expected: OrderTransportPolicy?
  ) throws {
    let text = Self.complete.replacingOccurrences(
      of: "protocol: 'coinbase-exchange',",
      with: "protocol: '\(venue)', order_transport: \(value),")
    #expect(try decode(text).venues.first?.orderTransport == expected)
  }

  @Test(arguments: [
    ("binance", "'quickest'", "must be one of 'fastest', 'socket', 'http', not 'quickest'"),
    ("binance", "7", "must be a string"),
    ("kraken", "'fastest'", "'fastest' can not be had: kraken takes orders over 'socket' alone"),
    ("kraken", "'http'", "'http' can not be had: kraken takes orders over 'socket' alone"),
    (
      "coinbase-exchange", "'socket'",
      "coinbase-exchange takes orders over 'http' alone; leave it out"
    ),
  ])
  func `a way of orders that the venue does not have is named with the mend`(
    venue: String, value: String, expected: String
  ) {
    let faults = faults(
      "protocol: 'coinbase-exchange',", "protocol: '\(venue)', order_transport: \(value),")
    #expect(faults.count == 1)
    #expect(faults.first?.hasPrefix("venues[0].order_transport: ") == true)
    #expect(faults.first?.contains(expected) == true, "\(faults)")
  }

  @Test func `simulated venues are on loopback only`() {
    let faults = faults("https://127.0.0.1:9001", "https://example.com")
    #expect(faults.contains { $0.contains("only takes loopback") })
  }

  @Test func `a host where orders cost money needs mode live`() {
    let live = Self.complete.replacingOccurrences(
      of: "https://127.0.0.1:9001", with: "https://api.exchange.coinbase.com")
    for (mode, isRefused) in [("testnet", true), ("live", false)] {
      let text = live.replacingOccurrences(of: "'simulated'", with: "'\(mode)'")
      let found = (try? decode(text)) == nil
      #expect(found == isRefused, "mode \(mode)")
    }
  }

  @Test(arguments: ["api1.binance.com", "API.BINANCE.COM", "api.kraken.com.", "api.binance.us"])
  func `another name of a live host needs mode live, too`(host: String) {
    let text = Self.complete.replacingOccurrences(of: "'simulated'", with: "'testnet'")
      .replacingOccurrences(of: "https://127.0.0.1:9001", with: "https://\(host)")
    #expect((try? decode(text)) == nil)
  }

  @Test func `a name that only begins like loopback is not`() {
    let faults = faults("https://127.0.0.1:9001", "https://127.0.0.1.example.com")
    #expect(faults.contains { $0.contains("only takes loopback") })
  }

  @Test func `a name that is a path is refused`() {
    #expect(faults("name: 'one'", "name: '../one'").contains { $0.contains("letters, digits") })
  }

  @Test func `plain text is refused beyond loopback`() {
    let text = Self.complete.replacingOccurrences(of: "'simulated'", with: "'testnet'")
      .replacingOccurrences(of: "wss://127.0.0.1:9001/feed", with: "ws://example.com/feed")
    #expect(throws: SettingsError.self) { _ = try decode(text) }
  }

  @Test func `beyond loopback the API needs TLS`() {
    let faults = faults("host: '127.0.0.1'", "host: '0.0.0.0'")
    #expect(faults == ["listen.host: beyond loopback the API needs TLS: add 'certificate'"])
  }

  /// The complete file's only venue again, under the name 'two'.
  private static func twice(key: String, dialect: String = "coinbase-exchange") -> String {
    let start = complete.range(of: "venues: [")
    let entry = complete[(start?.upperBound ?? complete.startIndex)...]
      .replacingOccurrences(of: "],\n}", with: "")
    let second = entry.replacingOccurrences(of: "'one'", with: "'two'")
      .replacingOccurrences(of: "'one.key'", with: "'\(key)'")
      .replacingOccurrences(of: "protocol: 'coinbase-exchange'", with: "protocol: '\(dialect)'")
    return complete.replacingOccurrences(of: "],\n}", with: ", \(second)],\n}")
  }

  @Test func `two entries with one API key are refused with both names`() throws {
    #expect(try decode(Self.twice(key: "two.key")).venues.count == 2)
    #expect(try decode(Self.twice(key: "one.key", dialect: "kraken")).venues.count == 2)
    do {
      _ = try decode(Self.twice(key: "one.key"))
      Issue.record("it was taken")
    } catch {
      #expect(error.faults.count == 1)
      #expect(error.faults.first?.hasPrefix("venues[1].credentials.key: 'one' and 'two'") == true)
    }
  }

  @Test func `two files with one API key are refused with both names`() throws {
    let directory = NSTemporaryDirectory() + "sluice-keys-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for (name, text) in [("one.key", "same"), ("two.key", "same\n"), ("secret", "c2VjcmV0")] {
      _ = FileManager.default.createFile(
        atPath: "\(directory)/\(name)", contents: Data(text.utf8),
        attributes: [.posixPermissions: 0o600])
    }
    let text = Self.twice(key: "two.key")
      .replacingOccurrences(of: "{env: 'S'}", with: "{file: 'secret'}")
      .replacingOccurrences(of: "'/p'", with: "'secret'")
    let settings = try SettingsFile.decode(
      Data(text.utf8), file: "test.json5", directory: directory)
    let accounts = try settings.venues.enumerated().map {
      try Account.load($1, index: $0, stateDirectory: "\(directory)/state")
    }
    #expect {
      try accounts[1].checkKey(against: [accounts[0]], index: 1)
    } throws: { error in
      "\(error)".contains("'one' and 'two' have the same API key")
    }
    try accounts[0].checkKey(against: [], index: 0)
  }

  @Test func `all faults are told at once`() {
    let text = Self.complete.replacingOccurrences(of: "port: 8080", with: "port: 'x'")
      .replacingOccurrences(of: "collar_bps: 50", with: "collar_bps: 0")
      .replacingOccurrences(of: "name: 'one'", with: "nome: 'one'")
    do {
      _ = try decode(text)
      Issue.record("it was taken")
    } catch {
      #expect(error.faults.count == 4, "\(error.faults)")
    }
  }

  @Test func `a file that is not there or not JSON5 says so`() {
    #expect(throws: SettingsError.self) { _ = try SettingsFile.load("/nonexistent.json5") }
    #expect(throws: SettingsError.self) { _ = try decode("{mode: ") }
    #expect(throws: SettingsError.self) { _ = try decode("[]") }
  }

  @Test func `the files in config are valid`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    for name in ["demo.json5", "testnet.json5", "live.example.json5"] {
      _ = try SettingsFile.load(root.appendingPathComponent("config/\(name)").path)
    }
  }
}
