import asyncio
import unittest
import uuid
from decimal import Decimal

from binance import AsyncClient, BinanceSocketManager
from binance.client import Client
from binance.exceptions import BinanceAPIException

from harness import Venue, expected_changes


class PythonBinance(unittest.TestCase):
    client_name = "python-binance"
    venue_name = "binance"
    symbol = "BTCUSDT"

    @classmethod
    def setUpClass(cls):
        cls.venue = Venue("binance")
        cls.client = cls.make(cls.venue.secret)

    @classmethod
    def make(cls, secret):
        client = Client(cls.venue.key, secret, {"verify": cls.venue.authority}, ping=False)
        client.API_URL = cls.venue.rest + "/api"
        return client

    def far_bid(self):
        bid = Decimal(self.client.get_order_book(symbol=self.symbol, limit=5)["bids"][0][0])
        return str(round(bid * 3 / 4, 2))

    def test_reads_time_filters_and_a_book(self):
        self.client.ping()
        self.assertGreater(self.client.get_server_time()["serverTime"], 1_700_000_000_000)
        info = self.client.get_symbol_info(self.symbol)
        self.assertEqual((info["status"], info["baseAsset"], info["quoteAsset"]),
                         ("TRADING", "BTC", "USDT"))
        filters = {row["filterType"] for row in info["filters"]}
        self.assertLessEqual({"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"}, filters)
        book = self.client.get_order_book(symbol=self.symbol, limit=100)
        self.assertEqual((len(book["bids"]), len(book["asks"])), (100, 100))
        self.assertLess(Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0]))

    def test_places_finds_and_cancels_a_limit_order(self):
        price, identifier = self.far_bid(), str(uuid.uuid4())
        before = self.client.get_asset_balance("USDT")
        placed = self.client.order_limit_buy(
            symbol=self.symbol, quantity="0.02", price=price, newClientOrderId=identifier)
        found = self.client.get_order(symbol=self.symbol, origClientOrderId=identifier)
        self.assertEqual(found["orderId"], placed["orderId"])
        self.assertEqual((found["status"], Decimal(found["price"]), Decimal(found["origQty"])),
                         ("NEW", Decimal(price), Decimal("0.02")))
        held = self.client.get_asset_balance("USDT")
        self.assertEqual(Decimal(held["locked"]),
                         Decimal(before["locked"]) + Decimal(price) * Decimal("0.02"))
        opened = self.client.get_open_orders(symbol=self.symbol)
        self.assertEqual([row["clientOrderId"] for row in opened], [identifier])
        cancelled = self.client.cancel_order(symbol=self.symbol, orderId=placed["orderId"])
        self.assertEqual((cancelled["status"], cancelled["origClientOrderId"]),
                         ("CANCELED", identifier))
        self.assertEqual(self.client.get_open_orders(symbol=self.symbol), [])
        self.assertEqual(self.client.get_asset_balance("USDT"), before)
        with self.assertRaises(BinanceAPIException) as caught:
            self.client.cancel_order(symbol=self.symbol, orderId=placed["orderId"])
        self.assertEqual(caught.exception.code, -2011)

    def test_fills_a_market_order(self):
        before, count = self.venue.balances(), len(self.venue.fills())
        order = self.client.order_market_buy(symbol=self.symbol, quantity="0.015")
        self.assertEqual((order["status"], Decimal(order["executedQty"])),
                         ("FILLED", Decimal("0.015")))
        fills = self.venue.fills(count)
        self.assertEqual([(Decimal(row["price"]), Decimal(row["qty"]), Decimal(row["commission"]))
                          for row in order["fills"]],
                         [(Decimal(row["price"]), Decimal(row["quantity"]), Decimal(row["fee"]))
                          for row in fills])
        self.assertEqual({row["commissionAsset"] for row in order["fills"]}, {"BTC"})
        trades = self.client.get_my_trades(symbol=self.symbol, orderId=order["orderId"])
        self.assertEqual({row["id"] for row in trades}, {row["tradeId"] for row in order["fills"]})
        account = {row["asset"]: row for row in self.client.get_account()["balances"]}
        for asset, change in expected_changes(fills).items():
            self.assertEqual(Decimal(account[asset]["free"]) + Decimal(account[asset]["locked"]),
                             before[asset][0] + change)

    def test_is_refused_with_a_wrong_secret_or_a_broken_filter(self):
        for code, call in [
            (-1022, lambda: self.make("x" * 64).get_account()),
            (-1013, lambda: self.client.order_limit_buy(
                symbol=self.symbol, quantity="0.00000001", price="30000")),
            (-2010, lambda: self.client.order_limit_buy(
                symbol=self.symbol, quantity="80", price=self.far_bid())),
            (-1121, lambda: self.client.get_order_book(symbol="NOSUCH")),
        ]:
            with self.subTest(code), self.assertRaises(BinanceAPIException) as caught:
                call()
            self.assertEqual(caught.exception.code, code)

    def test_follows_the_book_and_its_orders_over_sockets(self):
        depth, reports = asyncio.run(asyncio.wait_for(self.follow(), 20))
        for one, other in zip(depth, depth[1:]):
            self.assertEqual(other["U"], one["u"] + 1)
        mine = [row for row in reports if row["e"] == "executionReport"]
        self.assertEqual([row["x"] for row in mine], ["NEW", "CANCELED"])
        self.assertEqual(mine[1]["C"], mine[0]["c"])

    async def follow(self):
        client = AsyncClient(self.venue.key, self.venue.secret)
        client.API_URL = self.venue.rest + "/api"
        client.ws_api._url = self.venue.socket + "/ws-api/v3"
        sockets = BinanceSocketManager(client)
        sockets.STREAM_URL = self.venue.socket + "/"
        try:
            async with sockets.depth_socket(self.symbol, interval=100) as stream:
                depth = [await stream.recv() for _ in range(10)]
            reports = []
            async with sockets.user_socket() as stream:
                order = await asyncio.to_thread(
                    self.client.order_limit_buy, symbol=self.symbol, quantity="0.01",
                    price=self.far_bid())
                await asyncio.to_thread(
                    self.client.cancel_order, symbol=self.symbol, orderId=order["orderId"])
                while not reports or reports[-1].get("x") != "CANCELED":
                    reports.append(await stream.recv())
            return depth, reports
        finally:
            await client.close_connection()
