import RouterCore
import Wire

/// Signed REST requests, one at a time: the socket's token, reconciliation, balances.
extension KrakenAdapter {
  private static let tokenRetryMilliseconds: Int64 = 2000
  private static let unauthorizedPauseMilliseconds: Int64 = 15 * 60_000
  private static let balanceSpacingMilliseconds: Int64 = 2000
  /// Questions about orders come first unless the balances are older than this.
  private static let balancePatienceMilliseconds: Int64 = 30_000
  /// A round of questions outlives pauses of this length.
  private static let passingMilliseconds: Int64 = 60_000
  private static let maximumNonceRetries = 3

  /// When the lane may have something to do.
  var laneDeadline: Timestamp {
    if lane.inFlight != nil { return lane.deadline }
    var due = Timestamp.distantFuture
    if wantsToken { due = min(due, tokenDueAt) }
    if !questions.isIdle { due = min(due, lane.deadline) }
    if wantsBalances { due = min(due, balancesDueAt) }
    if wantsOpenOrders { due = min(due, lane.deadline) }
    return due == .distantFuture ? due : max(due, lane.deadline)
  }

  private var balancesOverdueAt: Timestamp {
    balancesDueAt.adding(milliseconds: Self.balancePatienceMilliseconds)
  }

  /// Sends what is due: cancels, and the next signed request if the lane is free.
  ///
  /// At most one request is signed for each stamp, since a stamp has one nonce.
  func pump(at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput) {
    sendDueCancels(at: stamp, into: &output)
    guard lane.inFlight == nil else { return }
    if wantsToken, stamp.time >= tokenDueAt {
      requestToken(at: stamp, signer: signer, into: &output)
    } else if wantsOpenOrders {
      requestOpenOrders(at: stamp, signer: signer, into: &output)
    } else if wantsBalances, stamp.time >= balancesOverdueAt {
      requestBalances(at: stamp, signer: signer, into: &output)
    } else if let request = questions.nextRequest(at: stamp) {
      send(request, at: stamp, signer: signer, into: &output)
    } else if wantsBalances, stamp.time >= balancesDueAt {
      requestBalances(at: stamp, signer: signer, into: &output)
    }
  }

  private func requestOpenOrders(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard lane.start(.openOrders, calls: 1, at: stamp.time) else { return }
    wantsOpenOrders = false
    openOrdersAskedAt = stamp.time
    output.fetch(
      KrakenAuthentication.request("OpenOrders", [], nonce: stamp.nonce, signer: signer),
      tag: RequestTag(.openOrders, number: lane.serial))
  }

  private func requestToken(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard lane.start(.token, calls: 1, at: stamp.time) else { return }
    wantsToken = false
    output.fetch(
      KrakenAuthentication.request(
        "GetWebSocketsToken", [], nonce: stamp.nonce, signer: signer),
      tag: RequestTag(.streamToken, number: lane.serial))
  }

  private func send(
    _ request: KrakenRequest, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard lane.start(.reconciliation, calls: request.calls, at: stamp.time) else { return }
    questions.started(at: stamp.time)
    output.order(
      KrakenAuthentication.request(
        request.method, request.fields, nonce: stamp.nonce, signer: signer),
      tag: RequestTag(request.purpose, number: lane.serial))
  }

  private func requestBalances(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard lane.start(.balances, calls: 1, at: stamp.time) else { return }
    wantsBalances = false
    balancesAskedAt = stamp.time
    balancesDueAt = stamp.time.adding(milliseconds: Self.balanceSpacingMilliseconds)
    output.fetch(
      KrakenAuthentication.request("BalanceEx", [], nonce: stamp.nonce, signer: signer),
      tag: RequestTag(.balances, number: lane.serial))
  }

  // MARK: - Answers

  func laneAnswered(
    _ serial: UInt64, _ response: HTTPResponse, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    guard let job = lane.finish(serial) else { return }
    do {
      let result = try KrakenReply(response).result
      invalidNonces = 0
      take(result, job, at: stamp, into: &output)
    } catch {
      refused(job, error, at: stamp, into: &output)
    }
  }

  private func take(
    _ result: JSONValue, _ job: KrakenRequestLane.Job, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    switch job {
    case .token:
      guard let text = result["token"]?.string, !text.isEmpty else {
        return retry(job, "an answer without a token", at: stamp, into: &output)
      }
      guard privateLink.isUsable else { break }
      token = text
      wantsToken = false
      logOn(at: stamp, into: &output)
    case .reconciliation:
      questions.current.answered(result, orders: &orders, account: account, into: &output)
    case .balances:
      guard let balances = try? KrakenReferenceData.balances(result) else {
        return retry(job, "balances that are unreadable", at: stamp, into: &output)
      }
      observe(balances, into: &output)
    case .openOrders:
      let answer = try? KrakenReferenceData.openOrders(result, account.listings.map(\.definition))
      guard case .openOrders(let orders)? = answer else {
        return retry(job, "an answer that is unreadable", at: stamp, into: &output)
      }
      output.append(
        openOrders: orders, venue: account.venue, instance: account.instance,
        listings: account.listings, askedAt: openOrdersAskedAt)
    }
  }

  /// An asset that the venue does not name is one that the account has none of.
  private func observe(_ balances: [NamedBalance], into output: inout AdapterOutput) {
    for asset in account.assets {
      let balance = balances.first { $0.asset == asset.name }
      output.append(
        .balanceObserved(
          BalanceObservation(
            venue: account.venue, asset: asset.id, available: balance?.available ?? .zero,
            total: balance?.total ?? .zero, observedAt: balancesAskedAt)))
    }
  }

  private func refused(
    _ job: KrakenRequestLane.Job, _ failure: KrakenReply.Failure, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    guard case .refused(let text) = failure else {
      return retry(job, failure.text, at: stamp, into: &output)
    }
    switch KrakenErrorMeaning(text) {
    case .invalidNonce: retryWithNewNonce(job, text, at: stamp, into: &output)
    case .throttled(let milliseconds), .busy(let milliseconds):
      lane.pause(milliseconds: milliseconds, at: stamp.time)
      retry(
        job, text, at: stamp, isPassing: milliseconds <= Self.passingMilliseconds, into: &output)
    case .unauthorized:
      // Repeating it leads to a lockout of the key.
      lane.pause(milliseconds: Self.unauthorizedPauseMilliseconds, at: stamp.time)
      output.incident(.alarm, "\(account.venueName): key refused, \(text)")
      retry(job, text, at: stamp, isPassing: false, into: &output)
    case .unknownOrder where job == .reconciliation:
      questions.current.answeredUnknown(orders: &orders, account: account, into: &output)
    case .refused where job == .reconciliation:
      questions.current.refused(text, orders: &orders, account: account, into: &output)
    case .refused, .unknownOrder, .sessionExpired, .ambiguous:
      retry(job, text, at: stamp, into: &output)
    }
  }

  /// Not executed; the same question is signed again with the nonce of the next stamp.
  private func retryWithNewNonce(
    _ job: KrakenRequestLane.Job, _ text: String, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    invalidNonces += 1
    guard invalidNonces > Self.maximumNonceRetries else {
      if job == .token { wantsToken = privateLink.isOpen }
      if job == .balances { wantsBalances = true }
      if job == .openOrders { wantsOpenOrders = true }
      return
    }
    lane.pause(milliseconds: Self.unauthorizedPauseMilliseconds, at: stamp.time)
    output.incident(
      .alarm, "\(account.venueName): \(text); does another process use this key?")
    invalidNonces = 0
    retry(job, text, at: stamp, isPassing: false, into: &output)
  }

  func laneFailed(
    _ serial: UInt64, _ reason: String, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard let job = lane.finish(serial) else { return }
    retry(job, reason, at: stamp, into: &output)
  }

  /// Asks again later, except where the core decides when to repeat it.
  private func retry(
    _ job: KrakenRequestLane.Job, _ reason: String, at stamp: RequestStamp, isPassing: Bool = true,
    into output: inout AdapterOutput
  ) {
    switch job {
    case .token:
      output.incident(.warning, "\(account.venueName): GetWebSocketsToken, \(reason)")
      wantsToken = privateLink.isOpen
      tokenDueAt = stamp.time.adding(milliseconds: Self.tokenRetryMilliseconds)
    case .reconciliation:
      if !isPassing {
        questions.current.failed(reason, account: account, into: &output)
      } else if let pause = questions.current.pauseToRepeat() {
        lane.pause(milliseconds: pause, at: stamp.time)
      } else {
        questions.current.refused(reason, orders: &orders, account: account, into: &output)
      }
    case .openOrders:
      output.incident(.notice, "\(account.venueName): OpenOrders, \(reason)")
    case .balances:
      output.incident(.notice, "\(account.venueName): BalanceEx, \(reason)")
      wantsBalances = true
      balancesDueAt = stamp.time.adding(milliseconds: 2 * Self.balanceSpacingMilliseconds)
    }
  }
}
