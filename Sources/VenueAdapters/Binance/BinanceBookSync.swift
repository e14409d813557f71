import RouterCore

/// Keeps one book's diffs in step with its snapshot: the venue's procedure, without the levels.
///
/// Diffs are kept aside until a snapshot comes; then those that the snapshot does not hold follow
/// it. A diff must begin no later than the update after the last one, otherwise one was lost.
/// A live book can be refreshed without a pause: diffs are applied and kept at the same time.
struct BinanceBookSync {
  enum Phase { case synchronizing, live }

  /// What to do with a diff.
  enum Verdict { case apply, keep, stale, gap }

  /// A diff that waits for a snapshot; its levels lie in `keptLevels`.
  struct KeptDiff {
    var firstID: Int64
    var lastID: Int64
    var venueTime: Timestamp
    var receivedAt: Timestamp
    var levelStart: Int
    var bidCount: Int
    var askCount: Int
    /// Whether the bids stand before the asks in `keptLevels`.
    var bidsFirst = true
  }

  /// More than a minute of the busiest stream that we have seen; the levels are bounded with it.
  static let maximumKeptDiffs = 4096
  static let maximumKeptLevels = 400_000

  private(set) var phase = Phase.synchronizing
  /// The last update the book holds; meaningful while live.
  private(set) var bookID: Int64 = 0
  private(set) var kept: [KeptDiff] = []
  private(set) var keptLevels: [BookLevel] = []

  /// Whether a snapshot is needed, asked for or not.
  private(set) var wantsSnapshot = false
  /// Names the request in flight; 0 if there is none.
  var fetchNumber: UInt64 = 0
  /// Not before this may a snapshot be asked for again.
  var retryAt = Timestamp.distantPast
  /// Snapshots asked for since the book was last settled; sets the back-off.
  var attempts = 0
  var liveSince = Timestamp.distantPast
  /// Worst prices of the snapshot; beyond them the book knows only what has changed since.
  var lowestKnownBid = Price(mantissa: 0)
  var highestKnownAsk = Price(mantissa: .max)

  mutating func restart() {
    phase = .synchronizing
    dropKept()
    wantsSnapshot = false
    fetchNumber = 0
    retryAt = .distantPast
    attempts = 0
  }

  /// The book can not be used until a snapshot comes.
  mutating func lose() {
    phase = .synchronizing
    dropKept()
    wantsSnapshot = true
  }

  /// A snapshot is wanted; the book, if live, stays so.
  mutating func want() {
    guard !wantsSnapshot else { return }
    wantsSnapshot = true
    if phase == .live { dropKept() }
  }

  /// Whether diffs have to be kept for a snapshot on its way.
  var keepsDiffs: Bool { phase == .synchronizing || wantsSnapshot }

  /// Judges a diff by its update ids.
  mutating func judge(firstID: Int64, lastID: Int64) -> Verdict {
    guard phase == .live else { return .keep }
    if lastID <= bookID { return .stale }
    // Not `!=`: the first diff after a snapshot normally straddles it.
    guard firstID <= bookID + 1 else { return .gap }
    bookID = lastID
    return .apply
  }

  /// Keeps a diff for the snapshot on its way.
  ///
  /// - Returns: False if too many wait; all have been dropped, so the snapshot has to be newer.
  mutating func keep(_ diff: KeptDiff, levels: ArraySlice<BookLevel>) -> Bool {
    guard kept.count < Self.maximumKeptDiffs,
      keptLevels.count + levels.count <= Self.maximumKeptLevels
    else {
      dropKept()
      return false
    }
    // What comes before a gap can not be joined to what comes after it.
    if let last = kept.last, diff.firstID > last.lastID + 1 { dropKept() }
    var diff = diff
    diff.levelStart = keptLevels.count
    keptLevels.append(contentsOf: levels)
    kept.append(diff)
    return true
  }

  /// Which kept diffs follow a snapshot, or `nil` if there is a hole between them.
  func diffs(after snapshotID: Int64) -> Range<Int>? {
    let first = kept.firstIndex { $0.lastID > snapshotID } ?? kept.count
    guard first < kept.count else { return first..<first }
    return kept[first].firstID <= snapshotID + 1 ? first..<kept.count : nil
  }

  /// The snapshot and the diffs after it have been applied.
  mutating func settle(snapshotID: Int64, at time: Timestamp) {
    bookID = max(snapshotID, kept.last?.lastID ?? snapshotID)
    phase = .live
    wantsSnapshot = false
    liveSince = time
    dropKept()
  }

  private mutating func dropKept() {
    kept.removeAll(keepingCapacity: true)
    keptLevels.removeAll(keepingCapacity: true)
  }
}
