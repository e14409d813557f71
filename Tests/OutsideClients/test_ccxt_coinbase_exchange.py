import unittest
from decimal import Decimal

from ccxt_trading import CcxtTrading


class CcxtCoinbaseExchange(CcxtTrading, unittest.TestCase):
    venue_name = "coinbase-exchange"
    exchange_name = "coinbaseexchange"
    symbol = "BTC/USD"
    held_fee = Decimal("0.006")
    # The venue forgets an order that was cancelled without a fill.
    remembers_cancelled = False

    @classmethod
    def point(cls, exchange):
        exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = cls.venue.rest
        if "ws" in exchange.urls["api"]:
            exchange.urls["api"]["ws"] = cls.venue.socket
