"""Where the simulated venues are, and what they themselves say has happened."""
import json
import os
import time
import urllib.request
from decimal import ROUND_UP, Decimal


class Venue:
    """A running simulated venue: its address, its credentials and its admin interface."""

    def __init__(self, name):
        with open(os.environ["SLUICE_OUTSIDE"]) as file:
            description = json.load(file)
        mine = description["venues"][name]
        self.name = name
        self.authority = description["authority"]
        self.host = f"127.0.0.1:{mine['port']}"
        self.rest = f"https://{self.host}"
        self.socket = f"wss://{self.host}"
        self.admin = f"http://127.0.0.1:{mine['admin_port']}"
        self.key, self.secret, self.passphrase = mine["key"], mine["secret"], mine["passphrase"]

    def state(self):
        """The venue's own account of itself, decimals as text."""
        with urllib.request.urlopen(f"{self.admin}/state", timeout=20) as answer:
            return json.load(answer)

    def post(self, path, body):
        request = urllib.request.Request(
            self.admin + path, data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def clear_faults(self):
        request = urllib.request.Request(self.admin + "/faults", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()

    def balances(self):
        """Total and hold of each asset of the account, exact."""
        account = next(row for row in self.state()["accounts"] if row["account"] == "main")
        return {asset: (Decimal(row["total"]), Decimal(row["hold"]))
                for asset, row in account["balances"].items()}

    def fills(self, since=0):
        """The account's fills from the given number on."""
        return self.state()["trades"][since:]


def eventually(check, seconds=10, every=0.05):
    """Calls `check` until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result or time.monotonic() > deadline:
            return result
        time.sleep(every)


def decimal(value):
    """A client's number as the decimal it was read from."""
    return Decimal(str(value))


def round_up(value, digits):
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_UP)


def expected_changes(fills):
    """What the venue's own fills must have done to the balances."""
    changes = {}

    def add(asset, amount):
        changes[asset] = changes.get(asset, Decimal(0)) + amount

    for fill in fills:
        base, quote = fill["symbol"].split("-")
        sign = 1 if fill["side"] == "buy" else -1
        add(base, sign * Decimal(fill["quantity"]))
        add(quote, -sign * Decimal(fill["price"]) * Decimal(fill["quantity"]))
        add(fill["fee_asset"], -Decimal(fill["fee"]))
    return changes
