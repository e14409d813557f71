import base64
import hashlib
import hmac
import io
import json
import subprocess
import sys
import unittest

import verify_requests
from verify_requests import verdict

KRAKEN_SECRET = ("kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6"
                 "F1huXg==")
KRAKEN_BODY = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
KRAKEN_SIGN = ("4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8"
               "ndwLUQ==")
BINANCE_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
BINANCE_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
COINBASE_SECRET = base64.b64encode(bytes(range(64))).decode()
COINBASE_BODY = ('{"client_oid":"3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b","post_only":true,'
                 '"price":"25000.01","product_id":"BTC-USD","side":"buy","size":"0.0125",'
                 '"stp":"cn","time_in_force":"GTC","type":"limit"}')
FORM = ["Content-Type", "application/x-www-form-urlencoded"]


class Verdicts(unittest.TestCase):
    client_name = "verifier"

    def accept(self, request):
        self.assertIsNone(verdict(request))

    def refuse(self, request, words):
        why = verdict(request)
        self.assertIsNotNone(why, f"accepted, but {words}")
        self.assertIn(words, why)


class KrakenVerdicts(Verdicts):
    venue_name = "kraken"

    def request(self, body=KRAKEN_BODY, sign=KRAKEN_SIGN, path="/0/private/AddOrder", kind=FORM):
        return {"venue": "kraken", "transport": "rest", "method": "POST", "target": path,
                "headers": [["API-Key", "k"], ["API-Sign", sign], kind], "body": body, "key": "k",
                "secret": KRAKEN_SECRET, "passphrase": ""}

    def signed(self, body, path="/0/private/AddOrder"):
        nonce = dict(piece.split("=", 1) for piece in body.split("&"))["nonce"]
        inner = hashlib.sha256((nonce + body).encode()).digest()
        mac = hmac.new(base64.b64decode(KRAKEN_SECRET), path.encode() + inner, hashlib.sha512)
        return self.request(body, base64.b64encode(mac.digest()).decode(), path)

    def test_the_official_vector_is_right(self):
        self.accept(self.request())

    def test_the_json_vector_is_right(self):
        body = ('{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500",'
                '"type":"buy","volume":"1.25"}')
        self.accept(self.request(
            body, "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZ"
            "xD2chJEg==", kind=["Content-Type", "application/json"]))

    def test_the_balance_vector_is_right(self):
        self.accept(self.request(
            "nonce=1616492376595", "9qsYnAxkAt04Q9bMOFfYWglY6B/1ShQtPB2GO659iotiVGrR7HnEEhGS8TlTo"
            "TniR3G4Y+HNrzV7X6iksOh5jQ==", "/0/private/Balance"))

    def test_the_widely_copied_wrong_recipe_is_named(self):
        nonce, body = "1616492376594", KRAKEN_BODY
        path = "/0/private/AddOrder"
        sign = verify_requests.kraken_wrong_recipe(KRAKEN_SECRET, path, nonce, body)
        self.refuse(self.request(sign=sign), "widely copied recipe")

    def test_the_wrong_recipe_has_its_known_output(self):
        body = ('{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500",'
                '"type":"buy","volume":"1.25"}')
        self.assertEqual(
            verify_requests.kraken_wrong_recipe(
                KRAKEN_SECRET, "/0/private/AddOrder", "1616492376594", body),
            "7bb9514306999f077f65eacdfce111fe45905f8cd78063938f0e570cbe63be94")

    def test_an_undecoded_secret_is_named(self):
        inner = hashlib.sha256(("1616492376594" + KRAKEN_BODY).encode()).digest()
        mac = hmac.new(KRAKEN_SECRET.encode(), b"/0/private/AddOrder" + inner, hashlib.sha512)
        self.refuse(self.request(sign=base64.b64encode(mac.digest()).decode()), "not decoded")

    def test_a_changed_body_is_refused(self):
        self.refuse(self.request(body=KRAKEN_BODY.replace("1.25", "1.26")), "API-Sign is wrong")

    def test_shapes_that_the_venue_refuses_are_refused(self):
        good = "nonce=1616492376594&pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=1"
        self.accept(self.signed(good))
        for change, words in [
            (good.replace("volume=1", "volume=1e-5"), "no plain decimal"),
            (good.replace("price=1", "price=0.0"), "more than zero"),
            (good.replace("&price=1", ""), "needs a price"),
            (good.replace("&pair=XBTUSD", ""), "needs pair"),
            (good + "&leverage=2", "no parameter leverage"),
            (good + "&price=2", "repeats price"),
            (good + "&timeinforce=ioc", "timeinforce is 'ioc'"),
            (good + "&cl_ord_id=no-more-than-eighteen-characters", "no client order id"),
            (good + "&cl_ord_id=a&userref=1", "exclude each other"),
            (good + "&oflags=post&timeinforce=IOC", "post-only"),
            (good + "&deadline=2026-01-02%2003%3A04%3A05Z", "not RFC 3339"),
            (good.replace("1616492376594", "18446744073709551616"), "nonce"),
        ]:
            with self.subTest(words):
                self.refuse(self.signed(change), words)

    def test_a_private_method_is_posted_without_a_query(self):
        self.refuse({**self.request(), "method": "GET"}, "POST only")
        self.refuse({**self.request(), "target": "/0/private/AddOrder?a=1"}, "not signed")
        self.refuse(self.signed("nonce=1", "/0/private/WithdrawFunds"), "no private method")

    def test_a_deadline_must_lie_in_the_next_minute(self):
        good = ("nonce=1616492376594&pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=1"
                "&deadline=2026-01-02T03%3A04%3A10Z")
        self.accept({**self.signed(good), "now": 1767323045})
        self.refuse({**self.signed(good), "now": 1767323049}, "deadline is")

    def socket(self, **message):
        return {"venue": "kraken", "transport": "ws", "method": "", "target": "/v2", "headers": [],
                "body": json.dumps(message), "key": "", "secret": "", "passphrase": ""}

    def test_socket_messages(self):
        order = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 0.5,
                 "limit_price": 61000.1, "time_in_force": "ioc", "token": "t"}
        self.accept(self.socket(method="ping", req_id=1))
        self.accept(self.socket(method="subscribe", params={
            "channel": "book", "symbol": ["BTC/USD"], "depth": 25}))
        self.accept(self.socket(method="add_order", req_id=1, params=order))
        for params, words in [
            ({**order, "order_qty": "0.5"}, "is a JSON number"),
            ({**order, "order_qty": 0.00000001}, "no plain decimal"),
            ({**order, "symbol": "XBT/USD"}, "old name"),
            ({**order, "margin": True}, "no parameter margin"),
            ({**order, "time_in_force": "IOC"}, "time_in_force"),
            ({**order, "token": ""}, "needs a token"),
            ({**order, "deadline": "2026-01-02T03:04:05.123456Z"}, "finer than milliseconds"),
        ]:
            with self.subTest(words):
                self.refuse(self.socket(method="add_order", params=params), words)
        self.refuse(self.socket(method="subscribe", params={
            "channel": "book", "symbol": ["BTC/USD"], "depth": 50}), "depth")
        self.refuse(self.socket(method="subscribe", params={"channel": "executions"}), "token")
        self.refuse(self.socket(method="cancel_order", params={"token": "t"}), "names no order")


class BinanceVerdicts(Verdicts):
    venue_name = "binance"

    def request(self, query, signature=None, method="POST", path="/api/v3/order", body=""):
        signature = signature or hmac.new(
            BINANCE_SECRET.encode(), (query + body).encode(), hashlib.sha256).hexdigest()
        return {"venue": "binance", "transport": "rest", "method": method,
                "target": f"{path}?{query}&signature={signature}",
                "headers": [["X-MBX-APIKEY", BINANCE_KEY]], "body": body, "key": BINANCE_KEY,
                "secret": BINANCE_SECRET, "passphrase": ""}

    LTC = ("symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
           "&timestamp=1499827319559")
    FULL_WIDTH = LTC.replace("LTCBTC", "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96")

    def test_the_official_rest_vectors_are_right(self):
        self.accept(self.request(
            self.LTC, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"))
        self.accept(self.request(
            self.FULL_WIDTH, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"))

    def test_the_vector_of_query_and_body_has_its_signature(self):
        query, body = self.LTC.split("&quantity")
        request = self.request(query, method="POST")
        request["target"] = "/api/v3/order?" + query
        request["headers"].append(FORM)
        request["body"] = ("quantity" + body + "&signature="
                           "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77")
        self.accept(request)

    def test_signing_before_encoding_is_refused(self):
        raw = self.LTC.replace("LTCBTC", "１２３４５６")
        signature = hmac.new(BINANCE_SECRET.encode(), raw.encode(), hashlib.sha256).hexdigest()
        self.refuse(self.request(self.FULL_WIDTH, signature), "signature is wrong")
        self.refuse(self.request(raw, signature), "not percent-encoded")

    def test_shapes_that_the_venue_refuses_are_refused(self):
        for query, words in [
            (self.LTC.replace("quantity=1", "quantity=1e3"), "no plain decimal"),
            (self.LTC.replace("price=0.1", "price=0.00"), "more than zero"),
            (self.LTC.replace("price=0.1", "price=,1"), "not percent-encoded"),
            (self.LTC.replace("&timeInForce=GTC", ""), "needs timeInForce"),
            (self.LTC.replace("5000", "60001"), "recvWindow"),
            (self.LTC.replace("1499827319559", "1499827319"), "timestamp"),
            (self.LTC.replace("&timestamp=1499827319559", ""), "needs timestamp"),
            (self.LTC + "&newClientOrderId=a.b", "newClientOrderId is malformed"),
            (self.LTC + "&newClientOrderId=" + "a" * 37, "newClientOrderId is malformed"),
            (self.LTC + "&newclientorderid=a", "no parameter newclientorderid"),
            (self.LTC + "&symbol=LTCBTC", "repeats symbol"),
            (self.LTC.replace("LTCBTC", "ltcbtc"), "upper case"),
            (self.LTC.replace("LIMIT", "MARKET"), "MARKET has no price"),
        ]:
            with self.subTest(words):
                self.refuse(self.request(query), words)

    def test_the_signature_stands_last(self):
        request = self.request(self.LTC)
        path, query = request["target"].split("?")
        pieces = query.split("&")
        request["target"] = path + "?" + "&".join([pieces[-1]] + pieces[:-1])
        self.refuse(request, "not the last")

    def test_the_window_is_the_venues(self):
        at = {"now": 1499827319.559}
        self.accept({**self.request(self.LTC), **at})
        self.accept({**self.request(self.LTC), "now": at["now"] + 4.9})
        self.refuse({**self.request(self.LTC), "now": at["now"] + 5.1}, "timestamp is")
        self.refuse({**self.request(self.LTC), "now": at["now"] - 1.1}, "timestamp is")

    def socket(self, text, signature=None, method="order.place"):
        """A WS API message whose parameters are those of the signed text."""
        params = dict(piece.split("=", 1) for piece in text.split("&"))
        signature = signature or hmac.new(
            BINANCE_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        for name in ("timestamp", "recvWindow"):
            if name in params:
                params[name] = int(params[name])
        body = json.dumps(
            {"id": "1", "method": method, "params": {**params, "signature": signature}})
        return {"venue": "binance", "transport": "ws", "method": "", "target": "/ws-api/v3",
                "headers": [], "body": body, "key": BINANCE_KEY, "secret": BINANCE_SECRET,
                "passphrase": ""}

    PLACE = (f"apiKey={BINANCE_KEY}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL"
             "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT")

    def test_the_official_socket_vectors_are_right(self):
        self.accept(self.socket(
            self.PLACE, "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"))
        self.accept(self.socket(
            f"apiKey={BINANCE_KEY}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY"
            "&symbol=１２３４５６&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
            "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"))
        self.accept(self.socket(
            f"apiKey={BINANCE_KEY}&timestamp=1649729878532",
            "1cf54395b336b0a9727ef27d5d98987962bc47aca6e13fe978612d0adee066ed",
            "userDataStream.subscribe.signature"))
        self.accept(self.socket(
            f"apiKey={BINANCE_KEY}&price=23416.10000000&quantity=0.00847000&side=SELL"
            "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1660801715431&type=LIMIT",
            "15af09e41c36f3cc61378c2fbe2c33719a03dd5eba8d0f9206fbda44de717c88"))

    def test_unsorted_or_encoded_parameters_are_refused(self):
        unsorted = "&".join(reversed(self.PLACE.split("&")))
        self.refuse(self.socket(unsorted), "signature is wrong")
        encoded = hmac.new(BINANCE_SECRET.encode(),
                           self.PLACE.replace("BTCUSDT", "%EF%BC%91").encode(),
                           hashlib.sha256).hexdigest()
        self.refuse(self.socket(self.PLACE.replace("BTCUSDT", "１"), encoded), "signature is wrong")

    def test_socket_shapes(self):
        self.refuse(self.socket(self.PLACE, method="order.fly"), "no method we know")
        self.refuse(self.socket(self.PLACE, method="session.logon"), "no method we know")
        number = self.socket(self.PLACE)
        number["body"] = number["body"].replace('"52000.00"', "52000.00")
        self.refuse(number, "price is a JSON string")
        stream = {**self.socket(self.PLACE), "target": "/stream",
                  "body": '{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}'}
        self.accept(stream)
        self.refuse({**stream, "body": stream["body"].replace("btcusdt", "BTCUSDT")}, "no stream")


class CoinbaseVerdicts(Verdicts):
    venue_name = "coinbase-exchange"

    def request(self, method, target, sign, body="", stamp="1750000000"):
        return {"venue": "coinbase-exchange", "transport": "rest", "method": method,
                "target": target, "body": body, "key": "k", "secret": COINBASE_SECRET,
                "passphrase": "p", "headers": [
                    ["CB-ACCESS-KEY", "k"], ["CB-ACCESS-SIGN", sign], ["CB-ACCESS-PASSPHRASE", "p"],
                    ["CB-ACCESS-TIMESTAMP", stamp], ["Content-Type", "application/json"]]}

    def signed(self, method, target, body="", stamp="1750000000"):
        prehash = stamp + method + target + body
        mac = hmac.new(base64.b64decode(COINBASE_SECRET), prehash.encode(), hashlib.sha256)
        return self.request(method, target, base64.b64encode(mac.digest()).decode(), body, stamp)

    def test_the_vectors_are_right(self):
        self.accept(self.request(
            "POST", "/orders", "k0koTZL/ZHiobIWkDI9JrIFPSypl52zMEdDdzLBEg4M=", COINBASE_BODY))
        self.accept(self.request(
            "GET", "/orders?product_id=BTC-USD&status=open&limit=100",
            "6TM36qwZ0oIIboBY9wvaN2sT4R8KJxVAandS7Wq4WCU="))
        self.accept(self.request(
            "GET", "/orders/client:3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b",
            "gwZlEjZ50xuu/fwE/y3tdirk0pk6iB9dQIV4VjIxnMQ="))

    def test_a_path_signed_without_its_query_is_named(self):
        mac = hmac.new(base64.b64decode(COINBASE_SECRET), b"1750000000GET/orders", hashlib.sha256)
        self.refuse(self.request(
            "GET", "/orders?limit=1", base64.b64encode(mac.digest()).decode()), "not signed")

    def test_a_changed_body_or_timestamp_is_refused(self):
        request = self.signed("POST", "/orders", COINBASE_BODY)
        self.refuse({**request, "body": COINBASE_BODY + " "}, "the signature is wrong")
        self.refuse({**request, "passphrase": "q"}, "passphrase")
        self.refuse(self.signed("GET", "/accounts", stamp="1750000000000"), "not in seconds")
        self.refuse({**self.signed("GET", "/accounts"), "now": 1750000031}, "timestamp is")
        self.accept({**self.signed("GET", "/accounts", stamp="1750000000.123"), "now": 1750000029})

    def test_shapes_that_the_venue_refuses_or_ignores_are_refused(self):
        for old, new, words in [
            ('"0.0125"', "0.0125", "size is a JSON string"),
            ('"0.0125"', '"1e-2"', "no plain decimal"),
            ('"price":"25000.01",', "", "price is for limit orders"),
            ('"size":"0.0125"', '"size":"0.0125","funds":"1"', "exactly one"),
            ("3f2b8c1e-7d64-4a59", "3F2B8C1E-7D64-4A59", "lower-case UUID of version 4"),
            ("-7d64-4a59", "-7d64-1a59", "lower-case UUID of version 4"),
            ('"GTC"', '"IOC"', "post_only is invalid"),
            ('"GTC"', '"GTT"', "cancel_after"),
            ('"stp":"cn"', '"stp":"xx"', "stp"),
            ('"stp":"cn"', '"leverage":"2"', "no parameter leverage"),
            ('"stp":"cn"', '"side":"buy"', "repeated"),
        ]:
            with self.subTest(words):
                self.refuse(
                    self.signed("POST", "/orders", COINBASE_BODY.replace(old, new)), words)
        self.refuse(self.signed("GET", "/fills"), "needs order_id or product_id")
        self.refuse(self.signed("DELETE", "/orders/nonsense"), "no private call")
        self.refuse(self.signed("GET", "/accounts", body="{}"), "has no body")

    def test_socket_messages(self):
        def socket(**message):
            return {"venue": "coinbase-exchange", "transport": "ws", "method": "", "target": "/",
                    "headers": [], "body": json.dumps(message), "key": "k",
                    "secret": COINBASE_SECRET, "passphrase": "p"}
        signed = {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["level2", "user"],
                  "key": "k", "passphrase": "p", "timestamp": "1750000000",
                  "signature": "LzXUuoBWjxR9TKtJupM/jZkHXQ6QgoHy8ZvNbFs7e4M="}
        self.accept(socket(**signed))
        self.accept(socket(type="subscribe", product_ids=["BTC-USD"], channels=["heartbeat"]))
        self.refuse(socket(**{**signed, "timestamp": "1750000001"}), "the signature is wrong")
        self.refuse(socket(type="subscribe", product_ids=["BTC-USD"], channels=["user"]),
                    "needs a signature")
        self.refuse(socket(**{**signed, "channels": ["levels"]}), "no channel")
        self.refuse(socket(type="subscribe", channels=["ticker"]), "no products")


class LineProtocol(unittest.TestCase):
    client_name = "verifier"

    def test_one_verdict_a_line(self):
        good = json.dumps(KrakenVerdicts().request())
        bad = json.dumps({**KrakenVerdicts().request(), "body": ""})
        told = subprocess.run(
            [sys.executable, verify_requests.__file__], input=f"{good}\n{bad}\n{{}}\n",
            capture_output=True, text=True, check=True).stdout
        verdicts = [json.loads(line) for line in io.StringIO(told)]
        self.assertEqual([row["ok"] for row in verdicts], [True, False, False])
        self.assertTrue(all(row["ok"] or row["why"] for row in verdicts))


if __name__ == "__main__":
    unittest.main()
