"""The splitting problem as an integer program, for HiGHS; knows nothing of how sluice plans.

Whole numbers throughout: prices in ticks of 0.01, quantities in units of 0.001, fees in basis
points, so that a cost is an integer in units of 10^-9 of the quote asset.
"""
import dataclasses
import random

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp

BASIS = 10_000


@dataclasses.dataclass
class Venue:
    levels: list  # (price, size), best first
    fee: int = 0
    fee_in: str = "quote"
    tick: int = 1
    lot: int = 1
    least: int = 0
    most: int = None
    notional: int = 0
    available: int = None  # price x quantity on a buy, quantity on a sell
    order_cost: int = 0


@dataclasses.dataclass
class Problem:
    side: str
    quantity: int
    venues: list
    limit: int = None
    children: int = None

    @property
    def is_buy(self):
        return self.side == "buy"

    def within(self, price):
        if self.limit is None:
            return True
        return price <= self.limit if self.is_buy else price >= self.limit

    def factor(self, venue):
        """Signed cost of one unit of notional."""
        return BASIS + venue.fee if self.is_buy else venue.fee - BASIS

    def reserve(self, venue, price, quantity):
        """What the venue sets aside, in the unit of `available` times 10,000."""
        if not self.is_buy:
            return quantity * BASIS
        return price * quantity * (
            BASIS + (max(venue.fee, 0) if venue.fee_in == "quote" else 0))

    def walk(self, venue, quantity):
        """Worst price and notional of a quantity, or None beyond the depth."""
        notional, rest = 0, quantity
        for price, size in venue.levels:
            if not self.within(price):
                return None
            part = min(size, rest)
            notional, rest = notional + part * price, rest - part
            if rest == 0:
                return price, notional
        return None

    def cost(self, venue, quantity):
        """Signed cost with fee and order cost, or None where the venue refuses."""
        walked = self.walk(venue, quantity)
        if walked is None or quantity <= 0:
            return None
        price, notional = walked
        if quantity % venue.lot or quantity < venue.least or price * quantity < venue.notional:
            return None
        if venue.most is not None and quantity > venue.most:
            return None
        if (venue.available is not None
                and self.reserve(venue, price, quantity) > venue.available * BASIS):
            return None
        return notional * self.factor(venue) + venue.order_cost * BASIS

    def segments(self, venue):
        """For each level the lots that end in it: (first, last, price, notional before, before)."""
        before, notional = 0, 0
        for price, size in venue.levels:
            if not self.within(price):
                return
            low = max(before + 1, venue.least, -(-venue.notional // price))
            high = before + size
            if venue.most is not None:
                high = min(high, venue.most)
            if venue.available is not None:
                unit = self.reserve(venue, price, 1)
                high = min(high, venue.available * BASIS // unit)
            first, last = -(-low // venue.lot), high // venue.lot
            if first <= last:
                yield first, last, price, notional, before
            before, notional = before + size, notional + price * size

    def solve(self):
        """The most quantity and its least signed cost, exact, by two integer programs."""
        columns = [(venue, segment) for venue in self.venues for segment in self.segments(venue)]
        if not columns:
            return 0, 0
        count = len(columns)
        # Variables: lots in each segment, then whether it is the venue's segment.
        rows, lows, highs = [], [], []

        def row(entries, low, high):
            line = numpy.zeros(2 * count)
            for index, value in entries:
                line[index] = value
            rows.append(line)
            lows.append(low)
            highs.append(high)

        for index, (venue, (first, last, *_)) in enumerate(columns):
            row([(index, 1), (count + index, -first)], 0, numpy.inf)
            row([(index, 1), (count + index, -last)], -numpy.inf, 0)
        for venue in self.venues:
            mine = [(count + i, 1) for i, (owner, _) in enumerate(columns) if owner is venue]
            row(mine, 0, 1)
        if self.children is not None:
            row([(count + i, 1) for i in range(count)], 0, self.children)
        total = [(i, venue.lot) for i, (venue, _) in enumerate(columns)]
        row(total, 0, self.quantity)
        bounds = Bounds(0, numpy.array([last for _, (_, last, *_) in columns] + [1] * count))

        def run(objective):
            answer = milp(objective, integrality=numpy.ones(2 * count), bounds=bounds,
                          constraints=LinearConstraint(numpy.array(rows), lows, highs),
                          options={"mip_rel_gap": 0})
            if not answer.success:
                raise RuntimeError(answer.message)
            return [round(value) for value in answer.x[:count]]

        most = numpy.zeros(2 * count)
        for index, lot in total:
            most[index] = -lot
        lots = run(most)
        planned = sum(n * venue.lot for n, (venue, _) in zip(lots, columns))
        lows[-1] = highs[-1] = planned
        # The quantity is fixed, so a constant per unit may go: small numbers keep the solver exact.
        floor = min(price * self.factor(venue) for venue, (_, _, price, _, _) in columns)
        costs = numpy.zeros(2 * count)
        for index, (venue, (_, _, price, notional, before)) in enumerate(columns):
            factor = self.factor(venue)
            costs[index] = (price * factor - floor) * venue.lot
            costs[count + index] = (notional - price * before) * factor + venue.order_cost * BASIS
        lots = run(costs / 1000)
        quantities = {}
        for n, (venue, _) in zip(lots, columns):
            quantities[id(venue)] = quantities.get(id(venue), 0) + n * venue.lot
        exact = sum(self.cost(venue, quantities[id(venue)]) for venue in self.venues
                    if quantities.get(id(venue), 0) > 0)
        return planned, exact

    def merge(self, quantity):
        """The plain merge of all levels: the signed cost that no plan can beat."""
        offers = []
        for venue in self.venues:
            room = max((last * venue.lot for _, last, *_ in self.segments(venue)), default=0)
            room = min(room, self.greatest(venue))
            for price, size in venue.levels:
                if room > 0 and self.within(price):
                    offers.append((price * self.factor(venue), min(size, room)))
                    room -= min(size, room)
        cost, rest = 0, quantity
        for unit, size in sorted(offers):
            part = min(size, rest)
            cost, rest = cost + unit * part, rest - part
        assert rest == 0
        return cost

    def greatest(self, venue):
        return max((q for q in range(self.quantity, 0, -1) if self.cost(venue, q) is not None),
                   default=0)

    def best_single(self):
        """Most quantity, then least signed cost, of one child."""
        best = (0, 0)
        for venue in self.venues:
            quantity = self.greatest(venue)
            if quantity > 0:
                best = min(best, (-quantity, self.cost(venue, quantity)))
        return -best[0], best[1]


def make(seed):
    """A problem with all rules at once; the same for the same seed."""
    pick = random.Random(seed)
    side = pick.choice(["buy", "sell"])
    away = 1 if side == "buy" else -1
    lots = pick.choice([[1], [10], [1, 10, 100], [1, 2, 10], [2, 3, 5]])
    base = pick.choice([2_000, 100_000])
    steep = side == "sell" and pick.random() < 0.3
    venues = []
    for _ in range(pick.randint(1, 7)):
        lot, price, levels = pick.choice(lots), base + pick.randint(-30, 30), []
        for _ in range(pick.randint(1, 6)):
            odd = pick.random() < 0.3
            levels.append((price, pick.randint(1, 40) * (1 if odd else lot)))
            price += away * (max(price * pick.randint(2, 30) // 100, 1) if steep
                             else pick.randint(1, 40))
        venues.append(Venue(levels, fee=pick.choice([-2, 0, 4, 10, 25, 60]),
                            fee_in=pick.choice(["quote", "received"]), lot=lot))
    depth = sum(size for venue in venues for _, size in venue.levels)
    quantity = pick.randint(1, max(min(depth * 11 // 10, 300), 2))
    problem = Problem(side, quantity, venues)
    if pick.random() < 0.25:
        problem.limit = base + pick.randint(-60, 120) * away
    if pick.random() < 0.4:
        problem.children = pick.randint(1, 4)
    for venue in venues:
        if pick.random() < 0.3:
            venue.least = pick.randint(1, quantity)
        if pick.random() < 0.15:
            venue.most = pick.randint(1, quantity)
        if pick.random() < 0.4:
            venue.notional = base * pick.randint(1, quantity)
        if steep and pick.random() < 0.7:
            venue.notional = venue.levels[0][0] * pick.randint(1, venue.levels[0][1])
        if pick.random() < 0.3:
            most = pick.randint(0, quantity)
            venue.available = most * base + pick.randint(0, base) if side == "buy" else most
        if pick.random() < 0.3:
            venue.order_cost = pick.randint(0, base * quantity // 500 + 20)
    return problem
