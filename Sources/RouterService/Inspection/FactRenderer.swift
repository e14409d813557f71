internal import RouterCore
internal import Wire

/// Facts as JSON objects, for people and tools; never read back.
///
/// It goes by reflection, so that a new field or a new fact shows without a change here. Decimals
/// are exact: the scales come from the definitions that were rendered before.
struct FactRenderer {
  private var instruments: [InstrumentID: Instrument] = [:]
  private var listings: [ListingID: InstrumentID] = [:]
  private var parents: [ParentOrderID: InstrumentID] = [:]

  /// The fact's index and kind, then its fields.
  mutating func object(_ index: UInt64, _ fact: Fact) -> [JSONMember] {
    learn(fact)
    let instrument = instrument(of: fact)
    var members = [
      JSONMember(name: "index", value: .number(String(index)))
    ]
    guard let child = Mirror(reflecting: fact).children.first else { return members }
    members.append(
      JSONMember(name: "fact", value: .string(Self.snakeCase(child.label ?? "unknown"))))
    let payload = Mirror(reflecting: child.value)
    if payload.displayStyle == .tuple || payload.displayStyle == .struct {
      for field in payload.children {
        members.append(
          JSONMember(
            name: Self.name(field.label, field.value), value: render(field.value, instrument)))
      }
    }
    return members
  }

  // What the decimals mean.

  mutating func learn(_ fact: Fact) {
    switch fact {
    case .instrumentDefined(let definition):
      instruments[definition.instrument.id] = definition.instrument
    case .listingChanged(let listing): listings[listing.id] = listing.instrument
    case .parentAccepted(let accepted): parents[accepted.id] = accepted.order.instrument
    default: break
    }
  }

  private func instrument(of fact: Fact) -> Instrument? {
    let id: InstrumentID? =
      switch fact {
      case .instrumentDefined(let definition): definition.instrument.id
      case .listingChanged(let listing): listing.instrument
      case .parentAccepted(let accepted): accepted.order.instrument
      case .planMade(let plan): parents[plan.parent]
      case .planLeg(let leg): listings[leg.listing]
      case .parentTriggered(let triggered): parents[triggered.parent]
      case .parentReplaceRequested(let terms), .parentReplaced(let terms): parents[terms.parent]
      case .childIntended(let intended): listings[intended.order.listing]
      case .fillRecorded(let fill): listings[fill.listing]
      default: nil
      }
    return id.flatMap { instruments[$0] }
  }

  // Values.

  private func render(_ value: Any, _ instrument: Instrument?) -> JSONValue {
    switch value {
    case let value as Bool: .bool(value)
    case let value as any BinaryInteger: .number(String(value))
    case let value as ShortText: .string(value.string)
    case let value as ChildOrderID: .string(value.uuid.string)
    case let value as Timestamp: Self.time(value)
    case let value as Price: decimal(Int128(value.mantissa), instrument.map { Int($0.priceScale) })
    case let value as Quantity:
      decimal(Int128(value.mantissa), instrument.map { Int($0.quantityScale) })
    case let value as Notional: decimal(value.mantissa, instrument?.notionalScale)
    case let value as Amount: decimal(value.mantissa, Amount.scale)
    case let value as FeeRate: decimal(Int128(value.partsPerHundredMillion), 8)
    default: composite(value, instrument)
    }
  }

  private func composite(_ value: Any, _ instrument: Instrument?) -> JSONValue {
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .optional {
      return mirror.children.first.map { render($0.value, instrument) } ?? .null
    }
    let fields = Array(mirror.children)
    if mirror.displayStyle == .enum, fields.isEmpty {
      return .string(Self.snakeCase(String(describing: value)))
    }
    // An identifier is its number.
    if fields.count == 1, fields[0].label == "rawValue" {
      return render(fields[0].value, instrument)
    }
    return .object(
      fields.map { field in
        JSONMember(
          name: Self.name(field.label, field.value), value: render(field.value, instrument))
      })
  }

  /// A decimal, or the bare mantissa if nothing has said its scale.
  private func decimal(_ mantissa: Int128, _ scale: Int?) -> JSONValue {
    .string(
      scale.map { DecimalText.format(mantissa, scale: $0) } ?? "mantissa \(mantissa)")
  }

  private static func time(_ time: Timestamp) -> JSONValue {
    guard time > .distantPast, time < .distantFuture else { return .null }
    return .string(RFC3339.format(time.nanoseconds))
  }

  // Names.

  /// A field's own name, or what its type says if it has none.
  private static func name(_ label: String?, _ value: Any) -> String {
    if let label, !label.hasPrefix(".") { return snakeCase(label) }
    return snakeCase(String(describing: type(of: value)))
  }

  static func snakeCase(_ name: String) -> String {
    var result = ""
    var wasLower = false
    for character in name {
      if character.isUppercase && wasLower { result.append("_") }
      wasLower = !character.isUppercase
      result += character.lowercased()
    }
    return result
  }
}
