import base64
import unittest
import uuid
from decimal import Decimal

import krakenex

from harness import Venue, eventually, expected_changes, round_up


class Krakenex(unittest.TestCase):
    client_name = "krakenex"
    venue_name = "kraken"

    @classmethod
    def setUpClass(cls):
        cls.venue = Venue("kraken")
        cls.api = cls.make(cls.venue.secret)

    @classmethod
    def make(cls, secret):
        api = krakenex.API(cls.venue.key, secret)
        api.uri = cls.venue.rest
        api.session.verify = cls.venue.authority
        return api

    def ask(self, method, data=None, api=None):
        answer = (api or self.api).query_private(method, data)
        self.assertEqual(answer["error"], [])
        return answer["result"]

    def test_reads_time_pairs_and_a_book(self):
        self.assertIn("unixtime", self.api.query_public("Time")["result"])
        pairs = self.api.query_public("AssetPairs", {"pair": "XBTUSD"})["result"]
        self.assertEqual(pairs["XXBTZUSD"]["wsname"], "XBT/USD")
        book = self.api.query_public("Depth", {"pair": "XBTUSD", "count": 10})["result"]["XXBTZUSD"]
        self.assertEqual((len(book["bids"]), len(book["asks"])), (10, 10))
        self.assertLess(Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0]))

    def far_bid(self):
        book = self.api.query_public("Depth", {"pair": "XBTUSD", "count": 1})["result"]["XXBTZUSD"]
        return round(Decimal(book["bids"][0][0]) * 3 / 4, 1)

    def test_places_finds_and_cancels_a_limit_order(self):
        price, identifier = self.far_bid(), str(uuid.uuid4())
        placed = self.ask("AddOrder", {
            "pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": str(price),
            "volume": "0.02", "cl_ord_id": identifier})
        txid, = placed["txid"]
        self.addCleanup(self.api.query_private, "CancelOrder", {"txid": txid})
        opened = self.ask("OpenOrders", {"cl_ord_id": identifier})["open"]
        self.assertEqual(list(opened), [txid])
        self.assertEqual(Decimal(opened[txid]["descr"]["price"]), price)
        held = Decimal(self.ask("BalanceEx")["ZUSD"]["hold_trade"])
        notional = price * Decimal("0.02")
        self.assertEqual(held, notional + round_up(notional * Decimal("0.004"), 5))
        self.assertEqual(self.ask("CancelOrder", {"txid": txid})["count"], 1)
        self.assertEqual(self.ask("OpenOrders")["open"], {})
        self.assertEqual(self.ask("QueryOrders", {"txid": txid})[txid]["status"], "canceled")
        again = self.api.query_private("CancelOrder", {"txid": txid})
        self.assertEqual(again["error"], ["EOrder:Unknown order"])

    def test_fills_a_market_order(self):
        before, count = self.venue.balances(), len(self.venue.fills())
        txid, = self.ask("AddOrder", {"pair": "XBTUSD", "type": "sell", "ordertype": "market",
                                      "volume": "0.015"})["txid"]

        def closed():
            order = self.ask("QueryOrders", {"txid": txid, "trades": "true"})[txid]
            return order if order["status"] == "closed" else None
        order = eventually(closed)
        self.assertEqual(Decimal(order["vol_exec"]), Decimal("0.015"))
        fills = self.venue.fills(count)
        self.assertEqual(Decimal(order["fee"]), sum(Decimal(fill["fee"]) for fill in fills))
        self.assertEqual(len(order["trades"]), len(fills))
        history = self.ask("TradesHistory", {"consolidate_taker": "false"})["trades"]
        mine = {key: row for key, row in history.items() if row["ordertxid"] == txid}
        self.assertEqual(set(mine), set(order["trades"]))
        balances = self.ask("Balance")
        for asset, change in expected_changes(fills).items():
            name = {"BTC": "XXBT", "USD": "ZUSD"}[asset]
            self.assertAlmostEqual(Decimal(balances[name]), before[asset][0] + change, places=4)

    def test_is_refused_with_a_wrong_secret_and_an_old_nonce(self):
        wrong = base64.b64encode(bytes(64)).decode()
        answer = self.make(wrong).query_private("Balance")
        self.assertEqual(answer["error"], ["EAPI:Invalid signature"])
        late = self.make(self.venue.secret)
        late._nonce = lambda: 1
        self.assertEqual(late.query_private("Balance")["error"], ["EAPI:Invalid nonce"])
