import unittest
from decimal import Decimal

import ccxt

from ccxt_trading import CcxtTrading


class CcxtKraken(CcxtTrading, unittest.TestCase):
    venue_name = "kraken"
    exchange_name = "kraken"
    symbol = "BTC/USD"
    held_fee, fee_digits = Decimal("0.004"), 5
    # ccxt knows `EAPI:Invalid key` but has no class of its own for this one.
    refusal, refusal_text = ccxt.ExchangeError, "EAPI:Invalid signature"
    would_take = ccxt.ExchangeError, "EOrder:Post only order"

    def watched_symbol(self):
        return None

    def test_is_refused_with_an_unknown_key(self):
        stranger = self.make()
        stranger.apiKey = self.wrong_secret()[:56]
        with self.assertRaises(ccxt.AuthenticationError):
            stranger.fetch_balance()

    @classmethod
    def point(cls, exchange):
        exchange.urls["api"]["public"] = cls.venue.rest
        exchange.urls["api"]["private"] = cls.venue.rest
        if "ws" in exchange.urls["api"]:
            exchange.urls["api"]["ws"].update({
                "publicV2": cls.venue.socket + "/v2", "privateV2": cls.venue.socket + "/v2",
                "public": cls.venue.socket, "private": cls.venue.socket})
