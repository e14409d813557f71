import unittest

import ccxt

from ccxt_trading import CcxtTrading


class CcxtBinance(CcxtTrading, unittest.TestCase):
    venue_name = "binance"
    exchange_name = "binance"
    symbol = "BTC/USDT"
    too_small = ccxt.BadRequest, "Filter failure: NOTIONAL"

    @classmethod
    def settings(cls, secret=None):
        return {**super().settings(secret), "options": {
            # Futures have hosts of their own, and wallets and margin are under /sapi.
            "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False}}

    @classmethod
    def point(cls, exchange):
        urls = exchange.urls["api"]
        urls["public"] = urls["private"] = cls.venue.rest + "/api/v3"
        if "ws" in urls:
            # ccxt takes a stream for a spot one if its address holds "/stream".
            urls["ws"]["spot"] = cls.venue.socket + "/ws/stream"
            urls["ws"]["ws-api"]["spot"] = cls.venue.socket + "/ws-api/v3"
