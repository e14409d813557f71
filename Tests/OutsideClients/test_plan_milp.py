"""`sluice plan` against an integer program that HiGHS solves to a gap of zero."""
import concurrent.futures
import json
import os
import subprocess
import unittest
from decimal import Decimal

import plan_program

INSTANCES = 300
# Scales of plan_program: cents, thousandths, and the two with four digits for the fee.
PRICE, QUANTITY, NOTIONAL, COST = (Decimal(10) ** -digits for digits in (2, 3, 5, 9))


def text(count, unit):
    return None if count is None else format(count * unit, "f")


def document(problem):
    side = "asks" if problem.is_buy else "bids"
    balance = ("available_quote", NOTIONAL) if problem.is_buy else ("available_base", QUANTITY)
    return {"symbol": "BTC-USD", "venues": [
        {"venue": f"venue{index}", "taker_fee_bps": str(venue.fee), "fee_in": venue.fee_in,
         "price_increment": text(venue.tick, PRICE), "quantity_increment": text(venue.lot, QUANTITY),
         "min_quantity": text(venue.least, QUANTITY), "max_quantity": text(venue.most, QUANTITY),
         "min_notional": text(venue.notional, NOTIONAL), "order_cost": text(venue.order_cost, NOTIONAL),
         balance[0]: text(venue.available, balance[1]),
         side: [[text(price, PRICE), text(size, QUANTITY)] for price, size in venue.levels]}
        for index, venue in enumerate(problem.venues)]}


def plan(problem):
    """What the command says, its decimals read exactly."""
    with open(os.environ["SLUICE_OUTSIDE"]) as file:
        command = [json.load(file)["sluice"], "plan", "--books", "-", "--side", problem.side,
                   "--quantity", text(problem.quantity, QUANTITY), "--json"]
    if problem.limit is not None:
        command += ["--limit", text(problem.limit, PRICE)]
    if problem.children is not None:
        command += ["--max-children", str(problem.children)]
    done = subprocess.run(command, input=json.dumps(document(problem)), capture_output=True,
                          text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def whole(value, unit):
    """A decimal as a count of a unit; it must be exact."""
    count = Decimal(value) / unit
    assert count == count.to_integral_value(), f"{value} is finer than {unit}"
    return int(count)


class PlanAgainstHiGHS(unittest.TestCase):
    client_name, venue_name = "HiGHS", "sluice plan"

    @classmethod
    def setUpClass(cls):
        cls.problems = [plan_program.make(seed) for seed in range(1, INSTANCES + 1)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            cls.plans = list(pool.map(plan, cls.problems))

    def each(self, judge):
        for seed, (problem, answer) in enumerate(zip(self.problems, self.plans), 1):
            with self.subTest(seed=seed):
                judge(problem, answer)

    def sign(self, problem):
        return 1 if problem.is_buy else -1

    def signed(self, problem, value):
        return self.sign(problem) * whole(value, COST)

    def test_every_child_is_what_its_venue_takes(self):
        def judge(problem, answer):
            planned, total, names = 0, 0, []
            for child in answer["children"]:
                names.append(child["venue"])
                venue = problem.venues[int(child["venue"].removeprefix("venue"))]
                quantity = whole(child["quantity"], QUANTITY)
                cost = problem.cost(venue, quantity)
                self.assertIsNotNone(cost, f"{child} is refused")
                price, notional = problem.walk(venue, quantity)
                self.assertEqual(whole(child["limit_price"], PRICE), price)
                fee_and_all = self.signed(problem, child["cost"])
                self.assertEqual(fee_and_all, notional * problem.factor(venue))
                planned, total = planned + quantity, total + cost
            self.assertEqual(names, sorted(set(names)), "one child a venue, in input order")
            self.assertLessEqual(len(names), problem.children or len(problem.venues))
            self.assertEqual(whole(answer["quantity"]["planned"], QUANTITY), planned)
            self.assertEqual(
                whole(answer["quantity"]["residual"], QUANTITY), problem.quantity - planned)
            self.assertEqual(answer["status"], "none" if planned == 0 else
                             "complete" if planned == problem.quantity else "partial")
            if planned > 0:
                self.assertEqual(self.signed(problem, answer["cost"]["total"]), total)
            self.assertEqual(len(answer["excluded"]) + len(names), len(problem.venues))

        self.each(judge)

    def test_quantity_and_cost_are_those_of_the_integer_program(self):
        proven = 0

        def judge(problem, answer):
            nonlocal proven
            quantity, cost = problem.solve()
            self.assertEqual(whole(answer["quantity"]["planned"], QUANTITY), quantity)
            proven += answer["bound"]["proven_optimal"]
            if quantity == 0:
                return
            total = self.signed(problem, answer["cost"]["total"])
            if answer["bound"]["proven_optimal"]:
                # The solver's tolerance may cost it a trifle; ours may never be the dearer one.
                self.assertLessEqual(total, cost)
                self.assertLessEqual(cost - total, abs(cost) // 10 ** 8)
            else:
                self.assertLessEqual(total - cost, abs(cost) // 10_000)

        self.each(judge)
        self.assertGreaterEqual(proven, INSTANCES * 99 // 100)

    def test_the_bounds_hold_and_the_root_is_the_plain_merge(self):
        def judge(problem, answer):
            planned = whole(answer["quantity"]["planned"], QUANTITY)
            if planned == 0:
                return
            root = self.signed(problem, answer["bound"]["root_cost"])
            bound = self.signed(problem, answer["bound"]["cost"])
            self.assertEqual(root, problem.merge(planned))
            self.assertLessEqual(root, bound)
            self.assertLessEqual(bound, self.signed(problem, answer["cost"]["total"]))

        self.each(judge)

    def test_the_best_single_venue_is_named_and_never_better(self):
        def judge(problem, answer):
            quantity, cost = problem.best_single()
            if quantity == 0:
                self.assertEqual(answer["children"], [])
                return
            single = answer["comparison"]["best_single_venue"]
            self.assertEqual(whole(single["quantity"], QUANTITY), quantity)
            self.assertEqual(self.signed(problem, single["cost"]), cost)
            planned = whole(answer["quantity"]["planned"], QUANTITY)
            self.assertGreaterEqual(planned, quantity)
            if planned == quantity:
                self.assertLessEqual(self.signed(problem, answer["cost"]["total"]), cost)

        self.each(judge)


if __name__ == "__main__":
    unittest.main()
