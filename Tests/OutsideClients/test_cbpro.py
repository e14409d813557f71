import base64
import threading
import unittest
from decimal import Decimal

import cbpro

from harness import Venue, eventually, expected_changes


class Cbpro(unittest.TestCase):
    client_name = "cbpro"
    venue_name = "coinbase-exchange"
    product = "BTC-USD"

    @classmethod
    def setUpClass(cls):
        cls.venue = Venue("coinbase-exchange")
        cls.client = cls.make(cls.venue.secret)

    @classmethod
    def make(cls, secret):
        client = cbpro.AuthenticatedClient(
            cls.venue.key, secret, cls.venue.passphrase, api_url=cls.venue.rest)
        client.session.verify = cls.venue.authority
        return client

    def account(self, currency):
        return next(row for row in self.client.get_accounts() if row["currency"] == currency)

    def far_bid(self):
        book = self.client.get_product_order_book(self.product, level=1)
        return str(round(Decimal(book["bids"][0][0]) * 3 / 4, 2))

    def test_reads_time_products_and_a_book(self):
        self.assertIn("epoch", self.client.get_time())
        products = {row["id"]: row for row in self.client.get_products()}
        self.assertEqual(products[self.product]["status"], "online")
        book = self.client.get_product_order_book(self.product, level=2)
        self.assertGreater(len(book["bids"]), 50)
        self.assertLess(Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0]))

    def test_places_finds_and_cancels_a_limit_order(self):
        price, before = self.far_bid(), self.account("USD")
        placed = self.client.place_limit_order(
            product_id=self.product, side="buy", price=price, size="0.02")
        found = self.client.get_order(placed["id"])
        self.assertEqual((found["id"], found["side"], Decimal(found["price"])),
                         (placed["id"], "buy", Decimal(price)))
        opened = list(self.client.get_orders(product_id=self.product))
        self.assertEqual([row["id"] for row in opened], [placed["id"]])
        held = Decimal(self.account("USD")["hold"]) - Decimal(before["hold"])
        notional = Decimal(price) * Decimal("0.02")
        self.assertEqual(held, notional * Decimal("1.006"))
        self.assertIn(placed["id"], self.client.cancel_order(placed["id"]))
        self.assertEqual(list(self.client.get_orders(product_id=self.product)), [])
        self.assertEqual(self.account("USD"), before)
        self.assertIn("message", self.client.get_order(placed["id"]))

    def test_fills_a_market_order(self):
        before, count = self.venue.balances(), len(self.venue.fills())
        placed = self.client.place_market_order(product_id=self.product, side="sell", size="0.015")

        def settled():
            order = self.client.get_order(placed["id"])
            return order if order.get("settled") else None
        order = eventually(settled)
        self.assertTrue(order, "the order did not settle")
        self.assertEqual((order["done_reason"], Decimal(order["filled_size"])),
                         ("filled", Decimal("0.015")))
        fills = self.venue.fills(count)
        self.assertEqual(Decimal(order["fill_fees"]), sum(Decimal(row["fee"]) for row in fills))
        mine = list(self.client.get_fills(order_id=placed["id"]))
        self.assertEqual({str(row["trade_id"]) for row in mine}, {row["trade_id"] for row in fills})
        for asset, change in expected_changes(fills).items():
            self.assertEqual(Decimal(self.account(asset)["balance"]), before[asset][0] + change)

    def test_is_refused_with_a_wrong_secret_or_without_the_money(self):
        wrong = base64.b64encode(bytes(64)).decode()
        self.assertEqual(self.make(wrong).get_accounts(), {"message": "invalid signature"})
        refused = self.client.place_limit_order(
            product_id=self.product, side="buy", price=self.far_bid(), size="900")
        self.assertEqual(refused, {"message": "Insufficient funds"})

    def test_follows_the_book_and_its_orders_over_a_socket(self):
        seen, opened = [], threading.Event()

        class Feed(cbpro.WebsocketClient):
            def on_message(self, message):
                seen.append(message)
                opened.set()

            def on_error(self, error, data=None):
                self.error, self.stop = error, True
        feed = Feed(url=self.venue.socket, products=[self.product], should_print=False, auth=True,
                    api_key=self.venue.key, api_secret=self.venue.secret,
                    api_passphrase=self.venue.passphrase, channels=["level2", "user", "heartbeat"])
        feed.start()
        try:
            self.assertTrue(opened.wait(10), feed.error)
            placed = self.client.place_limit_order(
                product_id=self.product, side="buy", price=self.far_bid(), size="0.01")
            self.client.cancel_order(placed["id"])

            def kinds():
                return [row["type"] for row in seen if row.get("order_id") == placed["id"]]
            self.assertTrue(eventually(lambda: "done" in kinds()), kinds())
            self.assertTrue(eventually(
                lambda: {"snapshot", "l2update", "heartbeat"} <= {row["type"] for row in seen}))
            self.assertEqual(kinds(), ["received", "open", "done"])
        finally:
            feed.close()
