import unittest
from decimal import Decimal

import ccxt

from ccxt_trading import CcxtTrading


class CcxtCoinbaseExchange(CcxtTrading, unittest.TestCase):
    venue_name = "coinbase-exchange"
    exchange_name = "coinbaseexchange"
    symbol = "BTC/USD"
    held_fee, fee_digits = Decimal("0.006"), 16
    # ccxt knows "size is too small" but has no class of its own for this one.
    too_small = ccxt.ExchangeError, "notional is too small"
    # The venue forgets an order that was cancelled without a fill.
    remembers_cancelled = False
    would_take = None

    @classmethod
    def point(cls, exchange):
        exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = cls.venue.rest
        if "ws" in exchange.urls["api"]:
            exchange.urls["api"]["ws"] = cls.venue.socket
