#!/usr/bin/env python3
"""Checks captured requests to Binance, Coinbase Exchange and Kraken: signature and shape.

Written from the venues' documentation alone, with nothing but `hashlib` and `hmac`, so that a
mistake of the router's own signing code can not be repeated here.

Reads one JSON object a line from standard input:

  {"venue": "kraken", "transport": "rest", "method": "POST", "target": "/0/private/Balance",
   "headers": [["API-Key", "..."]], "body": "nonce=...", "key": "...", "secret": "...",
   "passphrase": "", "now": 1750000000.5}

`transport` is "rest" or "ws" (then `target` is the socket's path and `body` the message); `now`,
seconds since 1970 at the venue, is optional and lets times be judged. Writes one verdict a line:
{"ok": true}, or {"ok": false, "why": "..."}.
"""
import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re
import sys
import urllib.parse

DECIMAL = re.compile(r"(0|[1-9][0-9]{0,19})(\.[0-9]{1,20})?")
PERCENT_ENCODED = re.compile(r"(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Wrong(Exception):
    """Why a request would be refused, or would mean something else than intended."""


def need(condition, why):
    if not condition:
        raise Wrong(why)


class Number(str):
    """A JSON number, kept as it was written."""


def parse_json(text):
    def once(pairs):
        names = [name for name, _ in pairs]
        need(len(names) == len(set(names)), "a JSON member is repeated")
        return dict(pairs)
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number,
                          object_pairs_hook=once)
    except ValueError as error:
        raise Wrong(f"not JSON: {error}") from None


def check_decimal(name, text, positive=True):
    need(isinstance(text, str) and DECIMAL.fullmatch(text), f"{name} is no plain decimal: {text!r}")
    need(not positive or text.strip("0."), f"{name} must be more than zero")


def check_names(given, allowed, required, what):
    for name in given:
        need(name in allowed or name in required, f"{what} has no parameter {name}")
    for name in required:
        need(name in given, f"{what} needs {name}")


def check_word(given, name, words):
    if name in given:
        need(given[name] in words, f"{name} is {given[name]!r}, not one of {', '.join(words)}")


def parse_form(text, what):
    """The pairs of a query or form, refused where encoding or repetition could be read two ways."""
    if not text:
        return {}
    result = {}
    for piece in text.split("&"):
        name, equals, value = piece.partition("=")
        need(name and equals, f"{what} has a piece without a value: {piece!r}")
        need(PERCENT_ENCODED.fullmatch(name) and PERCENT_ENCODED.fullmatch(value),
             f"{what} is not percent-encoded: {piece!r}")
        name = urllib.parse.unquote(name, errors="strict")
        need(name not in result, f"{what} repeats {name}")
        result[name] = urllib.parse.unquote(value, errors="strict")
    return result


def header(request, name):
    values = [value for key, value in request["headers"] if key.lower() == name.lower()]
    need(len(values) <= 1, f"header {name} is repeated")
    return values[0] if values else None


def need_header(request, name):
    value = header(request, name)
    need(value, f"header {name} is missing")
    return value


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def key_bytes(request):
    try:
        return base64.b64decode(request["secret"], validate=True)
    except binascii.Error:
        raise Wrong("the secret is not base64") from None


def check_near(request, what, seconds, before, after):
    """`seconds` must lie within [now - before, now + after]; without `now`, in this century."""
    if request.get("now") is None:
        need(1_400_000_000 < seconds < 4_000_000_000, f"{what} is no time of this century")
        return
    distance = seconds - float(request["now"])
    need(-before <= distance <= after, f"{what} is {distance:+.3f} s from now")


def parse_rfc3339(name, text):
    need(isinstance(text, str) and
         re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text),
         f"{name} is not RFC 3339: {text!r}")
    fraction = re.search(r"\.(\d+)", text)
    plain = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
    try:
        whole = datetime.datetime.fromisoformat(plain).timestamp()
    except ValueError:
        raise Wrong(f"{name} is no date: {text!r}") from None
    return whole + (float("0." + fraction.group(1)) if fraction else 0.0)


# Kraken ------------------------------------------------------------------------------------------

KRAKEN_PUBLIC = {
    "Time": [], "SystemStatus": [], "Assets": ["asset", "aclass"], "Ticker": ["pair"],
    "AssetPairs": ["pair", "info", "country_code", "aclass_base", "execution_venue"],
    "Depth": ["pair", "count"], "Trades": ["pair", "since", "count"],
}
# Parameters beside the nonce, and those that must be there.
KRAKEN_PRIVATE = {
    "AddOrder": (["volume", "price", "timeinforce", "expiretm", "starttm", "oflags", "displayvol",
                  "stptype", "cl_ord_id", "userref", "deadline", "validate"],
                 ["pair", "type", "ordertype", "volume"]),
    "CancelOrder": (["txid", "cl_ord_id"], []),
    "CancelAll": ([], []),
    "CancelAllOrdersAfter": ([], ["timeout"]),
    "QueryOrders": (["trades", "userref", "consolidate_taker"], ["txid"]),
    "OpenOrders": (["trades", "cl_ord_id", "userref"], []),
    "ClosedOrders": (["trades", "cl_ord_id", "userref", "start", "end", "ofs", "closetime",
                      "consolidate_taker", "without_count"], []),
    "TradesHistory": (["type", "trades", "start", "end", "ofs", "consolidate_taker",
                       "without_count", "ledgers"], []),
    "QueryTrades": (["trades"], ["txid"]),
    "Balance": ([], []), "BalanceEx": ([], []), "GetWebSocketsToken": ([], []),
    "GetApiKeyInfo": ([], []), "TradeVolume": (["pair"], []),
}


def kraken_rest(request):
    path, mark, query = request["target"].partition("?")
    if path.startswith("/0/public/"):
        return kraken_public(request, path, query)
    need(path.startswith("/0/private/"), f"{path} is no path of Kraken")
    need(request["method"] == "POST", "private methods are POST only")
    need(not mark, "a private method takes its parameters in the body, the query is not signed")
    form = kraken_body(request)
    nonce = form.pop("nonce", None)
    need(nonce is not None, "the body has no nonce")
    need(re.fullmatch(r"[1-9][0-9]*", nonce) and int(nonce) < 1 << 64, f"nonce {nonce!r}")
    need(same(need_header(request, "API-Key"), request["key"]), "API-Key is not the key")
    sign = need_header(request, "API-Sign")
    need(same(sign, kraken_signature(request["secret"], path, nonce, request["body"])),
         "API-Sign is wrong: " + kraken_guess(request, path, nonce, sign))
    method = path.removeprefix("/0/private/")
    need(method in KRAKEN_PRIVATE, f"{method} is no private method we know")
    allowed, required = KRAKEN_PRIVATE[method]
    check_names(form, allowed, required, method)
    kraken_parameters(request, method, form)


def kraken_public(request, path, query):
    method = path.removeprefix("/0/public/")
    need(request["method"] == "GET", "public methods are GET only")
    need(method in KRAKEN_PUBLIC, f"{method} is no public method we know")
    need(header(request, "API-Sign") is None, "a public method is not signed")
    check_names(parse_form(query, "the query"), KRAKEN_PUBLIC[method], [], method)


def kraken_body(request):
    kind = (header(request, "Content-Type") or "").split(";")[0].strip().lower()
    if kind == "application/json":
        body = parse_json(request["body"])
        need(isinstance(body, dict), "the body is no object")
        return body
    need(kind == "application/x-www-form-urlencoded", f"Content-Type is {kind!r}")
    return parse_form(request["body"], "the body")


def kraken_signature(secret, path, nonce, body):
    inner = hashlib.sha256((nonce + body).encode()).digest()
    key = base64.b64decode(secret)
    return base64.b64encode(hmac.new(key, path.encode() + inner, hashlib.sha512).digest()).decode()


def kraken_guess(request, path, nonce, sign):
    """Names the usual mistakes by trying them."""
    key, body = key_bytes(request), request["body"]
    inner = hashlib.sha256((nonce + body).encode())
    if sign == kraken_wrong_recipe(request["secret"], path, nonce, body):
        return "the widely copied recipe, HMAC-SHA256 over nonce, path and body"
    attempts = {
        "the secret was not decoded": (request["secret"].encode(), path.encode() + inner.digest()),
        "the inner digest is in hex": (key, path.encode() + inner.hexdigest().encode()),
        "the path stands after the digest": (key, inner.digest() + path.encode()),
        "the nonce is not prefixed": (
            key, path.encode() + hashlib.sha256(body.encode()).digest()),
    }
    for why, (secret, message) in attempts.items():
        if sign == base64.b64encode(hmac.new(secret, message, hashlib.sha512).digest()).decode():
            return why
    return "other bytes were signed than sent, or with another secret"


def kraken_wrong_recipe(secret, path, nonce, body):
    return hmac.new(secret.encode(), (nonce + path + body).encode(), hashlib.sha256).hexdigest()


def kraken_client_id(text):
    need(isinstance(text, str) and
         (UUID.fullmatch(text) or re.fullmatch(r"[0-9a-f]{32}", text)
          or (1 <= len(text) <= 18 and text.isascii() and text.isprintable())),
         f"{text!r} is no client order id of Kraken")


def kraken_parameters(request, method, form):
    if "cl_ord_id" in form:
        kraken_client_id(form["cl_ord_id"])
    need(not ("cl_ord_id" in form and "userref" in form), "cl_ord_id and userref exclude each other")
    if method == "CancelOrder":
        need(("txid" in form) != ("cl_ord_id" in form), "exactly one of txid and cl_ord_id")
    if method in ("QueryOrders", "QueryTrades"):
        need(len(form["txid"].split(",")) <= 50, "more than 50 ids")
    for name in ("trades", "consolidate_taker", "without_count", "validate"):
        check_word(form, name, ["true", "false"])
    for name in ("start", "end", "ofs"):
        if name in form and not form[name].startswith(("T", "O")):
            check_decimal(name, form[name], positive=False)
    if method == "AddOrder":
        kraken_order(request, form)


def kraken_order(request, form):
    check_word(form, "type", ["buy", "sell"])
    check_word(form, "ordertype", ["limit", "market"])
    check_word(form, "timeinforce", ["GTC", "IOC", "GTD", "FOK"])
    check_word(form, "stptype", ["cancel-newest", "cancel-oldest", "cancel-both"])
    check_decimal("volume", form["volume"])
    need(form["ordertype"] != "limit" or "price" in form, "a limit order needs a price")
    if "price" in form:
        check_decimal("price", form["price"])
    flags = form["oflags"].split(",") if "oflags" in form else []
    need(all(flag in ("post", "fcib", "fciq", "viqc") for flag in flags), "unknown oflags")
    need(not ("post" in flags and form.get("timeinforce") in ("IOC", "FOK")),
         "a post-only order can not be IOC or FOK")
    if "deadline" in form:
        check_near(request, "deadline", parse_rfc3339("deadline", form["deadline"]), -2, 60)


KRAKEN_CHANNELS = {
    "book": ["symbol", "depth", "snapshot"], "trade": ["symbol", "snapshot"],
    "ticker": ["symbol", "event_trigger", "snapshot"], "instrument": ["snapshot"],
    "executions": ["snap_orders", "snap_trades", "order_status", "ratecounter"],
    "balances": ["snapshot"],
}
KRAKEN_PRIVATE_CHANNELS = ["executions", "balances"]


def kraken_socket(request):
    need(request["target"] == "/v2", f"the socket's path is {request['target']}, not /v2")
    message = parse_json(request["body"])
    need(isinstance(message, dict), "the message is no object")
    check_names(message, ["params", "req_id"], ["method"], "a message")
    if "req_id" in message:
        need(isinstance(message["req_id"], Number) and message["req_id"].isdigit(), "req_id")
    method, given = message["method"], message.get("params", {})
    if method == "ping":
        return
    need(isinstance(given, dict) and given, f"{method} needs params")
    if method in ("subscribe", "unsubscribe"):
        return kraken_subscription(given)
    need(given.get("token"), f"{method} needs a token")
    orders = {"add_order": kraken_socket_order, "cancel_order": kraken_socket_cancel,
              "cancel_all": lambda *_: check_names(given, [], ["token"], method),
              "cancel_all_orders_after": lambda *_: check_names(
                  given, [], ["token", "timeout"], method)}
    need(method in orders, f"{method} is no method we know")
    orders[method](request, given)


def kraken_subscription(given):
    channel = given.get("channel")
    need(channel in KRAKEN_CHANNELS, f"there is no channel {channel!r}")
    is_private = channel in KRAKEN_PRIVATE_CHANNELS
    required = ["channel"] + (["token"] if is_private else [])
    required += ["symbol"] if channel in ("book", "trade", "ticker") else []
    check_names(given, KRAKEN_CHANNELS[channel], required, channel)
    for name in ("snapshot", "snap_orders", "snap_trades", "order_status", "ratecounter"):
        need(isinstance(given.get(name, True), bool), f"{name} is no boolean")
    if "depth" in given:
        need(isinstance(given["depth"], Number), "depth is no number")
        check_word(given, "depth", ["10", "25", "100", "500", "1000"])
    if "symbol" in given:
        need(isinstance(given["symbol"], list) and given["symbol"], "symbol is a list")
        for symbol in given["symbol"]:
            kraken_symbol(symbol)


def kraken_symbol(symbol):
    need(isinstance(symbol, str) and re.fullmatch(r"[A-Z0-9.]+/[A-Z0-9.]+", symbol),
         f"{symbol!r} is no symbol of version 2")
    need(not {"XBT", "XDG", "XXBT", "ZUSD"} & set(symbol.split("/")), f"{symbol} is an old name")


def json_decimal(given, name):
    need(isinstance(given[name], Number), f"{name} is a JSON number here")
    check_decimal(name, str(given[name]))


def kraken_socket_order(request, given):
    check_names(given, ["limit_price", "time_in_force", "cl_ord_id", "order_userref", "deadline",
                        "expire_time", "effective_time", "post_only", "fee_preference",
                        "display_qty", "stp_type", "validate"],
                ["token", "symbol", "side", "order_type", "order_qty"], "add_order")
    kraken_symbol(given["symbol"])
    check_word(given, "side", ["buy", "sell"])
    check_word(given, "order_type", ["limit", "market"])
    check_word(given, "time_in_force", ["gtc", "gtd", "ioc", "fok"])
    check_word(given, "stp_type", ["cancel_newest", "cancel_oldest", "cancel_both"])
    check_word(given, "fee_preference", ["base", "quote"])
    json_decimal(given, "order_qty")
    need(given["order_type"] != "limit" or "limit_price" in given, "a limit order needs a price")
    need(given.get("time_in_force") != "fok" or given["order_type"] == "limit", "fok is for limits")
    need(not (given.get("post_only") and given.get("time_in_force") in ("ioc", "fok")), "post_only")
    if "limit_price" in given:
        json_decimal(given, "limit_price")
    need(not ("cl_ord_id" in given and "order_userref" in given),
         "cl_ord_id and order_userref exclude each other")
    if "cl_ord_id" in given:
        kraken_client_id(given["cl_ord_id"])
    if "deadline" in given:
        text = given["deadline"]
        need(re.fullmatch(r".*:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)", str(text)),
             "deadline is finer than milliseconds")
        check_near(request, "deadline", parse_rfc3339("deadline", text), -0.5, 60)


def kraken_socket_cancel(request, given):
    kinds = ["order_id", "cl_ord_id", "order_userref"]
    check_names(given, kinds, ["token"], "cancel_order")
    need(any(kind in given for kind in kinds), "cancel_order names no order")
    for kind in kinds:
        need(isinstance(given.get(kind, []), list), f"{kind} is a list")
    for text in given.get("cl_ord_id", []):
        kraken_client_id(text)


# Binance -----------------------------------------------------------------------------------------

BINANCE_ORDER = (["timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId",
                  "strategyId", "strategyType", "icebergQty", "newOrderRespType",
                  "selfTradePreventionMode"], ["symbol", "side", "type"])
BINANCE_CANCEL = (["orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions"],
                  ["symbol"])
BINANCE_QUERY = (["orderId", "origClientOrderId"], ["symbol"])
BINANCE_TRADES = (["orderId", "startTime", "endTime", "fromId", "limit"], ["symbol"])
BINANCE_ALL = (["orderId", "startTime", "endTime", "limit"], ["symbol"])
BINANCE_ACCOUNT = (["omitZeroBalances"], [])
BINANCE_INFO = (["symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"], [])
BINANCE_DEPTH = (["limit"], ["symbol"])
# By method and path: allowed and required parameters.
BINANCE_SIGNED = {
    ("POST", "/api/v3/order"): BINANCE_ORDER, ("POST", "/api/v3/order/test"): BINANCE_ORDER,
    ("DELETE", "/api/v3/order"): BINANCE_CANCEL, ("GET", "/api/v3/order"): BINANCE_QUERY,
    ("GET", "/api/v3/openOrders"): (["symbol"], []),
    ("DELETE", "/api/v3/openOrders"): ([], ["symbol"]),
    ("GET", "/api/v3/allOrders"): BINANCE_ALL, ("GET", "/api/v3/myTrades"): BINANCE_TRADES,
    ("GET", "/api/v3/account"): BINANCE_ACCOUNT,
    ("GET", "/api/v3/account/commission"): ([], ["symbol"]),
    ("GET", "/api/v3/rateLimit/order"): ([], []),
}
BINANCE_PUBLIC = {
    ("GET", "/api/v3/ping"): ([], []), ("GET", "/api/v3/time"): ([], []),
    ("GET", "/api/v3/exchangeInfo"): BINANCE_INFO, ("GET", "/api/v3/depth"): BINANCE_DEPTH,
    ("GET", "/api/v3/trades"): BINANCE_DEPTH,
    ("GET", "/api/v3/ticker/bookTicker"): (["symbol", "symbols"], []),
}
BINANCE_SOCKET_SIGNED = {
    "order.place": BINANCE_ORDER, "order.test": BINANCE_ORDER, "order.cancel": BINANCE_CANCEL,
    "order.status": BINANCE_QUERY, "openOrders.status": (["symbol"], []),
    "openOrders.cancelAll": ([], ["symbol"]), "allOrders": BINANCE_ALL, "myTrades": BINANCE_TRADES,
    "account.status": BINANCE_ACCOUNT, "account.commission": ([], ["symbol"]),
    "account.rateLimits.orders": ([], []), "userDataStream.subscribe.signature": ([], []),
}
BINANCE_SOCKET_PUBLIC = {
    "ping": ([], []), "time": ([], []), "exchangeInfo": BINANCE_INFO, "depth": BINANCE_DEPTH,
    "session.status": ([], []), "session.subscriptions": ([], []),
    "userDataStream.unsubscribe": (["subscriptionId"], []),
}


def binance_rest(request):
    path, _, query = request["target"].partition("?")
    place = (request["method"], path)
    if place in BINANCE_PUBLIC:
        given = parse_form(query, "the query")
        need("signature" not in given, "a public call is not signed")
        check_names(given, *BINANCE_PUBLIC[place], path)
        return
    need(place in BINANCE_SIGNED, f"{request['method']} {path} is no call we know")
    need(same(need_header(request, "X-MBX-APIKEY"), request["key"]), "X-MBX-APIKEY is not the key")
    body = request["body"] or ""
    need(not (request["method"] == "GET" and body), "GET takes its parameters in the query")
    if body:
        kind = (header(request, "Content-Type") or "").split(";")[0]
        need(kind == "application/x-www-form-urlencoded", f"Content-Type is {kind!r}")
    in_query, in_body = parse_form(query, "the query"), parse_form(body, "the body")
    need(not set(in_query) & set(in_body), "a parameter is in query and body")
    last = body or query
    need(re.search(r"(^|&)signature=[^&]*$", last), "signature is not the last parameter")
    signed = binance_unsigned(query) + binance_unsigned(body)
    given = {**in_query, **in_body}
    binance_signature(request, signed, given.pop("signature"))
    check_names(given, BINANCE_SIGNED[place][0] + ["recvWindow"],
                BINANCE_SIGNED[place][1] + ["timestamp"], path)
    binance_parameters(request, given)


def binance_unsigned(text):
    return re.sub(r"(^|&)signature=[^&]*$", "", text)


def binance_signature(request, signed, signature):
    need(re.fullmatch(r"[0-9a-fA-F]{64}", signature), "signature is not 64 hex digits")
    right = hmac.new(request["secret"].encode(), signed.encode(), hashlib.sha256).hexdigest()
    need(same(right, signature.lower()), "signature is wrong for the bytes that are sent")


def binance_parameters(request, given):
    for name in ("quantity", "quoteOrderQty", "price", "icebergQty"):
        if name in given:
            check_decimal(name, given[name])
    for name in ("newClientOrderId", "origClientOrderId"):
        if name in given:
            need(re.fullmatch(r"[a-zA-Z0-9\-_]{1,36}", given[name]), f"{name} is malformed")
    for name in ("orderId", "fromId", "startTime", "endTime", "limit"):
        if name in given:
            need(re.fullmatch(r"[0-9]+", given[name]), f"{name} is no whole number")
    if "symbol" in given:
        need(given["symbol"] == given["symbol"].upper(), "symbol is not in upper case")
    binance_time(request, given)
    if "type" in given:
        binance_order(given)


def binance_time(request, given):
    stamp = given["timestamp"]
    need(re.fullmatch(r"[0-9]{13}|[0-9]{16}", stamp), f"timestamp {stamp} is not in ms or us")
    window = given.get("recvWindow", "5000")
    need(re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", window) and 0 < float(window) <= 60_000,
         f"recvWindow {window}")
    seconds = int(stamp) / (1e3 if len(stamp) == 13 else 1e6)
    check_near(request, "timestamp", seconds, float(window) / 1e3, 1)


def binance_order(given):
    check_word(given, "side", ["BUY", "SELL"])
    check_word(given, "type", ["LIMIT", "LIMIT_MAKER", "MARKET"])
    check_word(given, "timeInForce", ["GTC", "IOC", "FOK"])
    check_word(given, "newOrderRespType", ["ACK", "RESULT", "FULL"])
    check_word(given, "selfTradePreventionMode", [
        "NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"])
    required = {"LIMIT": ["timeInForce", "quantity", "price"], "MARKET": [],
                "LIMIT_MAKER": ["quantity", "price"]}[given["type"]]
    for name in required:
        need(name in given, f"a {given['type']} order needs {name}")
    if given["type"] == "MARKET":
        need(("quantity" in given) != ("quoteOrderQty" in given), "one of quantity, quoteOrderQty")
        need("price" not in given and "timeInForce" not in given, "MARKET has no price, no TIF")
    if given["type"] == "LIMIT_MAKER":
        need("timeInForce" not in given, "LIMIT_MAKER has no timeInForce")
    need("icebergQty" not in given or given.get("timeInForce") == "GTC", "icebergQty is for GTC")


def binance_socket(request):
    message = parse_json(request["body"])
    need(isinstance(message, dict), "the message is no object")
    identifier = message.get("id")
    need(identifier is None or len(str(identifier)) <= 36, "id is too long")
    if request["target"].split("?")[0] != "/ws-api/v3":
        return binance_stream(request, message)
    check_names(message, ["params", "id"], ["method"], "a message")
    method, given = message["method"], message.get("params", {})
    need(isinstance(given, dict), "params is no object")
    if method in BINANCE_SOCKET_PUBLIC:
        return check_names(given, *BINANCE_SOCKET_PUBLIC[method], method)
    need(method in BINANCE_SOCKET_SIGNED, f"{method} is no method we know for an HMAC key")
    need(all(isinstance(value, str) for value in given.values()), "params are strings and numbers")
    check_names(given, BINANCE_SOCKET_SIGNED[method][0] + ["recvWindow"],
                BINANCE_SOCKET_SIGNED[method][1] + ["apiKey", "timestamp", "signature"], method)
    need(same(given["apiKey"], request["key"]), "apiKey is not the key")
    binance_socket_types(given)
    signature = given.pop("signature")
    # Sorted by name, as the values are written, and never percent-encoded.
    binance_signature(
        request, "&".join(f"{name}={given[name]}" for name in sorted(given)), signature)
    given.pop("apiKey")
    binance_parameters(request, given)


def binance_socket_types(given):
    for name in ("quantity", "quoteOrderQty", "price", "icebergQty", "symbol", "signature"):
        need(not isinstance(given.get(name), Number), f"{name} is a JSON string")
    for name in ("timestamp", "orderId", "limit", "fromId"):
        need(name not in given or isinstance(given[name], Number), f"{name} is a JSON number")


def binance_stream(request, message):
    need(request["target"].split("?")[0] in ("/ws", "/stream"), "no path of the streams")
    check_names(message, ["id", "params"], ["method"], "a message")
    check_word(message, "method", ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"])
    if message["method"] == "LIST_SUBSCRIPTIONS":
        return
    streams = message.get("params")
    need(isinstance(streams, list) and 0 < len(streams) <= 1024, "params is a list of streams")
    for stream in streams:
        need(re.fullmatch(r"[^A-Z@!]+@(depth((5|10|20)?)(@100ms)?|bookTicker|trade|aggTrade)",
                          stream), f"there is no stream {stream!r}")


# Coinbase Exchange -------------------------------------------------------------------------------

COINBASE_PUBLIC = [
    (r"/time", []), (r"/products", ["type"]), (r"/products/[A-Z0-9]+-[A-Z0-9]+", []),
    (r"/products/[A-Z0-9]+-[A-Z0-9]+/book", ["level"]), (r"/currencies", []),
    (r"/products/[A-Z0-9]+-[A-Z0-9]+/(ticker|trades|stats)", ["limit", "before", "after"]),
]
COINBASE_ID = r"(client:)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
COINBASE_PAGES = ["limit", "before", "after"]
COINBASE_PRIVATE = [
    ("GET", r"/accounts", []), ("GET", r"/fees", []),
    ("GET", r"/orders", COINBASE_PAGES + ["status", "product_id", "start_date", "end_date",
                                          "sortedBy", "sorting"]),
    ("GET", r"/orders/" + COINBASE_ID, []),
    ("GET", r"/fills", COINBASE_PAGES + ["order_id", "product_id", "start_date", "end_date"]),
    ("POST", r"/orders", []), ("DELETE", r"/orders", ["product_id"]),
    ("DELETE", r"/orders/" + COINBASE_ID, ["product_id"]),
]
COINBASE_ORDER = ["type", "price", "size", "funds", "time_in_force", "cancel_after", "post_only",
                  "stp", "client_oid", "max_floor", "profile_id"]
COINBASE_CHANNELS = ["heartbeat", "status", "ticker", "ticker_batch", "level2", "level2_batch",
                     "level3", "full", "user", "matches", "auctionfeed", "balance"]
COINBASE_PRIVATE_CHANNELS = ["level2", "level3", "full", "user", "balance"]


def coinbase_rest(request):
    path, _, query = request["target"].partition("?")
    method, body = request["method"], request["body"] or ""
    given = coinbase_query(query)
    signed = header(request, "CB-ACCESS-SIGN") is not None
    if method == "GET" and not signed:
        allowed = [names for form, names in COINBASE_PUBLIC if re.fullmatch(form, path)]
        need(allowed, f"{path} is no public call we know")
        return check_names(given, allowed[0], [], path)
    forms = [(form, names) for _, form, names in
             [row for row in COINBASE_PRIVATE if row[0] == method]]
    forms += COINBASE_PUBLIC if method == "GET" else []
    allowed = [names for form, names in forms if re.fullmatch(form, path)]
    need(allowed, f"{method} {path} is no private call we know")
    check_names(given, allowed[0], [], path)
    coinbase_headers(request, method + request["target"] + body)
    if path == "/fills":
        need("order_id" in given or "product_id" in given, "fills needs order_id or product_id")
    if method == "POST":
        coinbase_order(request, body)
    else:
        need(not body, f"{method} has no body")


def coinbase_query(query):
    """As any query, but that `status` may be given several times."""
    pieces = [piece for piece in query.split("&") if piece]
    statuses = [piece for piece in pieces if piece.startswith("status=")]
    for piece in statuses:
        need(piece[7:] in ("open", "pending", "active", "received", "done", "settled", "all"),
             f"{piece} is no status")
    given = parse_form("&".join(piece for piece in pieces if piece not in statuses), "the query")
    return {**given, "status": ""} if statuses else given


def coinbase_headers(request, rest):
    need(same(need_header(request, "CB-ACCESS-KEY"), request["key"]), "CB-ACCESS-KEY")
    need(same(need_header(request, "CB-ACCESS-PASSPHRASE"), request["passphrase"]),
         "CB-ACCESS-PASSPHRASE is not the passphrase")
    stamp = need_header(request, "CB-ACCESS-TIMESTAMP")
    coinbase_time(request, stamp)
    coinbase_signature(request, stamp + rest, need_header(request, "CB-ACCESS-SIGN"))


def coinbase_time(request, stamp):
    need(isinstance(stamp, str) and re.fullmatch(r"[0-9]{10}(\.[0-9]{1,9})?", stamp),
         f"timestamp {stamp!r} is not in seconds")
    check_near(request, "timestamp", float(stamp), 30, 30)


def coinbase_signature(request, prehash, sign):
    key = key_bytes(request)
    need(len(key) == 64, "the secret does not decode to 64 bytes")
    right = base64.b64encode(hmac.new(key, prehash.encode(), hashlib.sha256).digest()).decode()
    need(same(sign, right), "the signature is wrong: " + coinbase_guess(request, prehash, sign))


def coinbase_guess(request, prehash, sign):
    attempts = {
        "the secret was not decoded": (request["secret"].encode(), prehash),
        "the query is not signed": (key_bytes(request), re.sub(r"\?.*$", "", prehash)),
    }
    for why, (key, text) in attempts.items():
        if sign == base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode():
            return why
    return "other bytes were signed than sent, or with another secret"


def coinbase_order(request, body):
    kind = (header(request, "Content-Type") or "").split(";")[0]
    need(kind == "application/json", f"Content-Type is {kind!r}")
    given = parse_json(body)
    need(isinstance(given, dict), "the body is no object")
    check_names(given, COINBASE_ORDER, ["side", "product_id"], "an order")
    for name in ("price", "size", "funds", "max_floor"):
        if name in given:
            need(not isinstance(given[name], Number), f"{name} is a JSON string")
            check_decimal(name, given[name])
    check_word(given, "side", ["buy", "sell"])
    check_word(given, "type", ["limit", "market"])
    check_word(given, "time_in_force", ["GTC", "GTT", "IOC", "FOK"])
    check_word(given, "stp", ["dc", "co", "cn", "cb"])
    check_word(given, "cancel_after", ["min", "hour", "day"])
    need(("size" in given) != ("funds" in given), "exactly one of size and funds")
    is_limit = given.get("type", "limit") == "limit"
    need(is_limit == ("price" in given), "a price is for limit orders, which need one")
    need(("cancel_after" in given) == (given.get("time_in_force") == "GTT"),
         "cancel_after is for GTT, which needs it")
    need(isinstance(given.get("post_only", False), bool), "post_only is no boolean")
    need(not (given.get("post_only") and given.get("time_in_force") in ("IOC", "FOK")),
         "post_only is invalid with IOC and FOK")
    if "client_oid" in given:
        # Anything else is accepted, and silently ignored.
        need(UUID4.fullmatch(given["client_oid"]), "client_oid is no lower-case UUID of version 4")


def coinbase_socket(request):
    message = parse_json(request["body"])
    need(isinstance(message, dict), "the message is no object")
    check_names(message, ["product_ids", "account_ids", "signature", "key", "passphrase",
                          "timestamp"], ["type", "channels"], "a message")
    check_word(message, "type", ["subscribe", "unsubscribe"])
    need(isinstance(message["channels"], list) and message["channels"], "channels is a list")
    names = [row["name"] if isinstance(row, dict) else row for row in message["channels"]]
    for name in names:
        need(name in COINBASE_CHANNELS, f"there is no channel {name!r}")
    for product in message.get("product_ids", []):
        need(re.fullmatch(r"[A-Z0-9]+-[A-Z0-9]+", str(product)), f"{product!r} is no product")
    listed = all(isinstance(row, dict) and row.get("product_ids") for row in message["channels"])
    need(message.get("product_ids") or listed or set(names) <= {"status", "balance"},
         "no products are named")
    if "signature" in message:
        for name in ("key", "passphrase", "timestamp"):
            need(name in message, f"a signed message needs {name}")
        need(same(message["key"], request["key"]), "key is not the key")
        need(same(message["passphrase"], request["passphrase"]), "passphrase is not the passphrase")
        coinbase_time(request, message["timestamp"])
        coinbase_signature(
            request, message["timestamp"] + "GET/users/self/verify", message["signature"])
    elif message["type"] == "subscribe":
        need(not set(names) & set(COINBASE_PRIVATE_CHANNELS), "a private channel needs a signature")


# The line protocol -------------------------------------------------------------------------------

CHECKS = {
    ("kraken", "rest"): kraken_rest, ("kraken", "ws"): kraken_socket,
    ("binance", "rest"): binance_rest, ("binance", "ws"): binance_socket,
    ("coinbase-exchange", "rest"): coinbase_rest, ("coinbase-exchange", "ws"): coinbase_socket,
}


def verdict(request):
    """None if the request is right, else why it is not."""
    check = CHECKS.get((request.get("venue"), request.get("transport")))
    if check is None:
        return f"no check for {request.get('venue')!r} over {request.get('transport')!r}"
    try:
        check(request)
    except Wrong as wrong:
        return str(wrong)
    except (UnicodeError, TypeError, KeyError, AttributeError, ValueError) as error:
        return f"malformed: {type(error).__name__} {error}"
    return None


def main():
    for line in sys.stdin:
        if not line.strip():
            continue
        why = verdict(json.loads(line))
        answer = {"ok": True} if why is None else {"ok": False, "why": why}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
