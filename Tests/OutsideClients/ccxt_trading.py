"""What ccxt must be able to do at each venue, written once."""
import asyncio
import uuid
from decimal import Decimal

import ccxt
import ccxt.pro

from harness import Venue, decimal, eventually, expected_changes, round_up


class CcxtTrading:
    """Mixed into a `unittest.TestCase` per venue."""

    client_name = "ccxt"
    venue_name = ""
    symbol = ""
    #: ccxt's class, and what it is told beyond credentials and authority.
    exchange_name = ""

    @classmethod
    def setUpClass(cls):
        cls.venue = Venue(cls.venue_name)
        cls.exchange = cls.make()
        cls.exchange.load_markets()
        cls.base, cls.quote = cls.symbol.split("/")

    # How ccxt is pointed at the venue; the documentation shows the same.

    @classmethod
    def settings(cls, secret=None):
        return {"apiKey": cls.venue.key, "secret": secret or cls.venue.secret,
                "password": cls.venue.passphrase, "enableRateLimit": False,
                "requests_trust_env": True, "cafile": cls.venue.authority}

    @classmethod
    def point(cls, exchange):
        """Sets the base URLs."""
        raise NotImplementedError

    @classmethod
    def make(cls, secret=None, library=ccxt):
        exchange = getattr(library, cls.exchange_name)(cls.settings(secret))
        cls.point(exchange)
        return exchange

    def watching(self, body):
        """Runs a coroutine with a `ccxt.pro` exchange and closes it."""
        async def run():
            exchange = self.make(library=ccxt.pro)
            try:
                return await asyncio.wait_for(body(exchange), 20)
            finally:
                await exchange.close()
        return asyncio.run(run())

    # What differs between venues.

    #: The part of a resting buy's notional that is held on top of it, rounded up.
    held_fee, fee_digits = Decimal(0), 8
    #: Whether an order that was cancelled without a fill can still be asked for.
    remembers_cancelled = True
    #: What ccxt makes of the answer to a wrong signature.
    refusal, refusal_text = ccxt.AuthenticationError, ""
    #: What it makes of the answer to an order below the minimum.
    too_small = ccxt.InvalidOrder, ""

    #: What it makes of the refusal of a post-only order that would take; None where the venue
    #: answers with an order that is rejected.
    would_take = ccxt.OrderImmediatelyFillable, ""

    def client_id(self):
        return str(uuid.uuid4())

    def held(self, notional):
        """What a resting buy takes out of the available balance."""
        return notional + round_up(notional * self.held_fee, self.fee_digits)

    def watched_symbol(self):
        """The symbol to watch orders of; None where the venue's updates do not name it."""
        return self.symbol

    def tearDown(self):
        self.venue.clear_faults()
        if self.venue.state()["open_orders"]:
            for order in self.exchange.fetch_open_orders(self.symbol):
                self.exchange.cancel_order(order["id"], self.symbol)

    def touch(self):
        book = self.exchange.fetch_order_book(self.symbol, 20)
        return decimal(book["bids"][0][0]), decimal(book["asks"][0][0])

    def far_bid(self):
        """A price at which a buy rests for ever."""
        return float(self.exchange.price_to_precision(self.symbol, self.touch()[0] * 3 / 4))

    # The tests.

    def test_loads_markets(self):
        market = self.exchange.market(self.symbol)
        self.assertEqual((market["base"], market["quote"]), (self.base, self.quote))
        self.assertTrue(market["active"])
        self.assertTrue(market["spot"])
        self.assertGreater(market["precision"]["price"], 0)
        self.assertGreater(market["precision"]["amount"], 0)
        listed = {row["symbol"].replace("-", "/") for row in self.venue.state()["instruments"]}
        self.assertEqual(set(self.exchange.symbols), listed)

    def test_fetches_a_book(self):
        book = self.exchange.fetch_order_book(self.symbol, 20)
        self.check_book(book)
        self.assertGreaterEqual(len(book["bids"]), 20)
        self.assertGreaterEqual(len(book["asks"]), 20)

    def check_book(self, book):
        bids, asks = [row[0] for row in book["bids"]], [row[0] for row in book["asks"]]
        self.assertTrue(bids and asks, "a side is empty")
        self.assertEqual(bids, sorted(set(bids), reverse=True))
        self.assertEqual(asks, sorted(set(asks)))
        self.assertLess(bids[0], asks[0])
        self.assertTrue(all(row[1] > 0 for row in book["bids"] + book["asks"]))

    def test_watches_a_book(self):
        async def body(exchange):
            seen = []
            for _ in range(25):
                book = await exchange.watch_order_book(self.symbol)
                self.check_book(book)
                seen.append(tuple(tuple(row) for row in book["bids"][:10] + book["asks"][:10]))
            fetched = await exchange.fetch_order_book(self.symbol, 20)
            return seen, fetched
        seen, fetched = self.watching(body)
        self.assertGreater(len(set(seen)), 5, "the book does not move")
        last = seen[-1][0][0]
        self.assertLess(abs(last - fetched["bids"][0][0]) / last, 0.005)

    def test_watches_its_orders(self):
        async def body(exchange):
            await exchange.load_markets()
            watching = asyncio.ensure_future(self.order_states(exchange))
            await asyncio.sleep(1)
            price = self.far_bid()
            order = await exchange.create_order(
                self.symbol, "limit", "buy", 0.01, price, {"clientOrderId": self.client_id()})
            await asyncio.sleep(0.3)
            await exchange.cancel_order(order["id"], self.symbol)
            return order["id"], await watching
        identifier, states = self.watching(body)
        mine = [status for order, status in states if order == identifier]
        self.assertIn("open", mine)
        self.assertEqual(mine[-1], "canceled")

    async def order_states(self, exchange):
        states = []
        while not states or states[-1][1] != "canceled":
            for order in await exchange.watch_orders(self.watched_symbol()):
                states.append((order["id"], order["status"]))
        return states

    def test_reads_balances(self):
        balances = self.exchange.fetch_balance()
        for asset, (total, hold) in self.venue.balances().items():
            if total == 0:
                continue
            self.assertEqual(decimal(balances[asset]["total"]), total, asset)
            self.assertEqual(decimal(balances[asset]["used"]), hold, asset)
            self.assertEqual(decimal(balances[asset]["free"]), total - hold, asset)

    def test_places_finds_and_cancels_a_limit_order(self):
        price, identifier = self.far_bid(), self.client_id()
        before = self.venue.balances()[self.quote]
        order = self.exchange.create_order(
            self.symbol, "limit", "buy", 0.02, price, {"clientOrderId": identifier})
        found = self.exchange.fetch_order(order["id"], self.symbol)
        self.assertEqual(found["id"], order["id"])
        self.assertEqual(found["clientOrderId"], identifier)
        self.assertEqual((found["status"], found["side"], found["type"]), ("open", "buy", "limit"))
        self.assertEqual((found["price"], found["amount"], found["filled"]), (price, 0.02, 0))
        held = self.held(decimal(price) * Decimal("0.02"))
        self.assertEqual(self.venue.balances()[self.quote], (before[0], before[1] + held))
        used = self.exchange.fetch_balance()[self.quote]["used"]
        self.assertEqual(decimal(used), before[1] + held)
        opened = self.exchange.fetch_open_orders(self.symbol)
        self.assertEqual([row["id"] for row in opened], [order["id"]])
        self.exchange.cancel_order(order["id"], self.symbol)
        self.check_cancelled(order["id"])
        self.assertEqual(self.exchange.fetch_open_orders(self.symbol), [])
        self.assertEqual(self.venue.balances()[self.quote], before)
        with self.assertRaises(ccxt.OrderNotFound):
            self.exchange.cancel_order(order["id"], self.symbol)

    def test_rests_a_post_only_order(self):
        price, before = self.far_bid(), self.venue.balances()[self.quote]
        order = self.exchange.create_order(
            self.symbol, "limit", "buy", 0.02, price, {"postOnly": True})
        found = self.exchange.fetch_order(order["id"], self.symbol)
        self.assertEqual((found["status"], found["filled"]), ("open", 0))
        self.assertTrue(found["postOnly"])
        self.exchange.cancel_order(order["id"], self.symbol)
        self.assertEqual(self.venue.balances()[self.quote], before)

    def test_is_refused_a_post_only_order_that_would_take(self):
        before, count = self.venue.balances(), len(self.venue.fills())
        price = self.exchange.price_to_precision(self.symbol, self.touch()[1] * Decimal("1.01"))
        arguments = self.symbol, "limit", "buy", 0.012, float(price), {"postOnly": True}
        if self.would_take is None:
            self.assertEqual(self.exchange.create_order(*arguments)["info"]["status"], "rejected")
        else:
            kind, text = self.would_take
            with self.assertRaises(kind) as caught:
                self.exchange.create_order(*arguments)
            self.assertIn(text, str(caught.exception))
        self.assertEqual(self.exchange.fetch_open_orders(self.symbol), [])
        self.assertEqual(self.venue.balances(), before)
        self.assertEqual(len(self.venue.fills()), count)

    def check_cancelled(self, identifier):
        if not self.remembers_cancelled:
            with self.assertRaises(ccxt.OrderNotFound):
                self.exchange.fetch_order(identifier, self.symbol)
            return
        ended = self.exchange.fetch_order(identifier, self.symbol)
        self.assertEqual((ended["status"], ended["filled"]), ("canceled", 0))

    def test_fills_a_market_buy(self):
        self.fill("market", "buy", Decimal("0.013"))

    def test_fills_a_market_sell(self):
        self.fill("market", "sell", Decimal("0.011"))

    def test_fills_a_crossing_limit_order(self):
        price = self.exchange.price_to_precision(self.symbol, self.touch()[1] * Decimal("1.01"))
        self.fill("limit", "buy", Decimal("0.012"), float(price), {"timeInForce": "IOC"})

    def fill(self, kind, side, amount, price=None, parameters=None):
        """Trades, then compares the client's report and balances with the venue's own record."""
        before, count = self.venue.balances(), len(self.venue.fills())
        order = self.exchange.create_order(
            self.symbol, kind, side, float(amount), price, parameters or {})
        self.assertTrue(order["id"])

        def closed():
            found = self.exchange.fetch_order(order["id"], self.symbol)
            return found if found["status"] == "closed" else None
        ended = eventually(closed)
        self.assertTrue(ended, "the order did not fill")
        fills = self.venue.fills(count)
        cost = sum(Decimal(fill["notional"]) for fill in fills)
        self.assertEqual(decimal(ended["filled"]), amount)
        self.assertEqual(sum(Decimal(fill["quantity"]) for fill in fills), amount)
        self.assertAlmostEqual(decimal(ended["cost"]), cost, places=4)
        self.check_trades(order["id"], fills)
        self.check_balances(before, fills)

    def check_trades(self, identifier, fills):
        trades = [row for row in self.exchange.fetch_my_trades(self.symbol)
                  if row["order"] == identifier]
        mine = sorted((decimal(row["price"]), decimal(row["amount"])) for row in trades)
        theirs = sorted((Decimal(row["price"]), Decimal(row["quantity"])) for row in fills)
        self.assertEqual(mine, theirs)
        self.assertEqual(sum(decimal(row["fee"]["cost"]) for row in trades),
                         sum(Decimal(row["fee"]) for row in fills))
        self.assertEqual({row["fee"]["currency"] for row in trades},
                         {row["fee_asset"] for row in fills})
        self.assertEqual({row["takerOrMaker"] for row in trades}, {"taker"})

    def check_balances(self, before, fills):
        after = self.exchange.fetch_balance()
        changes = expected_changes(fills)
        self.assertTrue(changes)
        for asset, change in changes.items():
            self.assertEqual(self.venue.balances()[asset][0], before[asset][0] + change, asset)
            self.assertAlmostEqual(
                decimal(after[asset]["total"]), before[asset][0] + change, places=7, msg=asset)

    def test_is_refused_with_a_wrong_secret(self):
        stranger = self.make(secret=self.wrong_secret())
        with self.assertRaises(self.refusal) as caught:
            stranger.fetch_balance()
        self.assertIn(self.refusal_text, str(caught.exception))

    def wrong_secret(self):
        """Of the same form, with its first characters exchanged."""
        return self.venue.secret[4:] + self.venue.secret[:4]

    def test_is_refused_without_the_money(self):
        bid, _ = self.touch()
        price = float(self.exchange.price_to_precision(self.symbol, bid * 3 / 4))
        with self.assertRaises(ccxt.InsufficientFunds):
            self.exchange.create_order(self.symbol, "limit", "buy", 900, price)

    def test_is_refused_below_the_minimum(self):
        amount = self.exchange.market(self.symbol)["precision"]["amount"]
        kind, text = self.too_small
        with self.assertRaises(kind) as caught:
            self.exchange.create_order(self.symbol, "limit", "buy", amount, self.far_bid())
        self.assertIn(text, str(caught.exception))

    def test_is_told_of_too_many_requests(self):
        self.venue.post("/faults", {"kind": "too_many_requests", "request": "query", "count": 9})
        with self.assertRaises((ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
            self.exchange.fetch_balance()

    def test_finds_an_order_whose_answer_was_lost(self):
        price, identifier = self.far_bid(), self.client_id()
        self.venue.post("/faults", {"kind": "acknowledgement_lost", "request": "order_entry"})
        with self.assertRaises(ccxt.NetworkError):
            self.exchange.create_order(
                self.symbol, "limit", "buy", 0.02, price, {"clientOrderId": identifier})
        opened = self.exchange.fetch_open_orders(self.symbol)
        self.assertEqual([row["clientOrderId"] for row in opened], [identifier])
        self.assertEqual(self.venue.state()["requests"][identifier], 1)
