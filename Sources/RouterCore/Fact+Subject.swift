extension Fact {
  /// What a fact belongs to, and so how long a snapshot of the journal keeps it.
  package enum Subject: Sendable, Hashable {
    /// The last fact with this key stands; the ones before it do not matter any more.
    case setting(SettingKey)
    /// Kept as long as the parent is known.
    case parent(ParentOrderID)
    /// Kept as long as its client order id is remembered.
    case request(ShortText)
    /// Stands for facts that an earlier snapshot has left out.
    case carried
    /// Explains what was done and changes no order; not kept.
    case evidence
  }

  /// Names a setting; in the order in which settings must be applied.
  package struct SettingKey: Sendable, Hashable, Comparable {
    package enum Kind: UInt8, Sendable {
      case epoch, venue, asset, instrument, listing, limits, routing, halt, venueHalt
      case breaker, throttle, maintenance
    }

    package var kind: Kind
    package var number: UInt32 = 0

    package static func < (a: SettingKey, b: SettingKey) -> Bool {
      (a.kind.rawValue, a.number) < (b.kind.rawValue, b.number)
    }
  }

  package var subject: Subject {
    switch self {
    case .epochStarted: Self.setting(.epoch)
    case .venueDefined(let venue): Self.setting(.venue, UInt32(venue.id.rawValue))
    case .assetDefined(let asset): Self.setting(.asset, UInt32(asset.id.rawValue))
    case .instrumentDefined(let definition):
      Self.setting(.instrument, UInt32(definition.instrument.id.rawValue))
    case .listingChanged(let listing): Self.setting(.listing, UInt32(listing.id.rawValue))
    case .riskLimitsChanged: Self.setting(.limits)
    case .venueRoutingChanged(let routing): Self.setting(.routing, UInt32(routing.venue.rawValue))
    case .venueThrottleChanged(let throttle):
      Self.setting(.throttle, UInt32(throttle.venue.rawValue))
    case .venueMaintenanceChanged(let windows):
      Self.setting(.maintenance, UInt32(windows.venue.rawValue))
    case .haltChanged: Self.setting(.halt)
    case .venueHaltChanged(let venue, _, _, _): Self.setting(.venueHalt, UInt32(venue.rawValue))
    case .parentAccepted(let accepted): .parent(accepted.id)
    case .parentRefused(let refused): .request(refused.clientOrderID)
    case .planMade(let plan): .parent(plan.parent)
    case .planLeg(let leg): .parent(leg.parent)
    case .restPlanned(let rest): .parent(rest.parent)
    case .parentCancelRequested(let parent, _): .parent(parent)
    case .parentClosed(let closed): .parent(closed.parent)
    case .parentTriggered(let triggered): .parent(triggered.parent)
    case .parentReplaceRequested(let replacement), .parentReplaced(let replacement):
      .parent(replacement.parent)
    case .childIntended(let intended): .parent(intended.order.id.parent)
    case .childSent(let child, _), .childAbandoned(let child, _, _),
      .childAcknowledged(let child, _, _), .childUnknown(let child, _),
      .cancelIntended(let child, _):
      .parent(child.parent)
    case .fillRecorded(let fill): .parent(fill.child.parent)
    case .childClosed(let closed): .parent(closed.child.parent)
    case .requestRemembered(let entry): .request(entry.clientOrderID)
    case .orphanAdopted(let child, _): .parent(child.parent)
    case .venueBreakerChanged(let breaker):
      Self.setting(.breaker, UInt32(breaker.venue.rawValue))
    case .orphanFound, .breakerChanged, .throttleEngaged: .evidence
    case .positionCarried, .parentsForgotten, .executionsCarried: .carried
    }
  }

  private static func setting(_ kind: SettingKey.Kind, _ number: UInt32 = 0) -> Subject {
    .setting(SettingKey(kind: kind, number: number))
  }
}
