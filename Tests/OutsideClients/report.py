"""Runs the tests and prints a table of what passed per client and venue."""
import faulthandler
import logging
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Rows(unittest.TestResult):
    """Keeps one row per test: client, venue, sentence, outcome, seconds."""

    def __init__(self):
        super().__init__()
        self.rows, self.texts, self.started = [], [], 0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def note(self, test, outcome, error=None):
        client = getattr(test, "client_name", type(test).__name__)
        venue = getattr(test, "venue_name", "")
        sentence = test.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", " ")
        self.rows.append((client, venue, sentence, outcome, time.monotonic() - self.started))
        if error:
            self.texts.append((client, venue, sentence, self._exc_info_to_string(error, test)))

    def addSuccess(self, test):
        self.note(test, "passed")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, "FAILED", error)

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, "FAILED", error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.note(test, "FAILED", error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, f"skipped: {reason}")


def selected(suite, patterns):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from selected(test, patterns)
        elif not patterns or any(pattern in test.id() for pattern in patterns):
            yield test


def main(patterns):
    faulthandler.dump_traceback_later(280)
    logging.disable(logging.CRITICAL)
    rows = Rows()
    loaded = unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py")
    began = time.monotonic()
    unittest.TestSuite(selected(loaded, patterns)).run(rows)
    for client, venue, sentence, text in rows.texts:
        print(f"\n-- {client} {venue}: {sentence}\n{text}")
    widths = [max([len(row[column]) for row in rows.rows] or [0]) for column in range(3)]
    print()
    for row in rows.rows:
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths))
        print(f"{cells}  {row[3]} ({row[4]:.1f} s)")
    count = {word: sum(row[3].startswith(word) for row in rows.rows)
             for word in ("passed", "FAILED", "skipped")}
    print(f"\n{time.monotonic() - began:.0f} s")
    print(f"outside: {count['passed']} passed, {count['FAILED']} failed, "
          f"{count['skipped']} skipped")
    return 0 if count["FAILED"] == 0 and count["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
