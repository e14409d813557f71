"""Latency logs against HdrHistogram's own Python package: written there and read here, and back."""
import json
import math
import os
import random
import subprocess
import tempfile
import unittest

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

PERCENTILES = [("p50", 50), ("p90", 90), ("p99", 99), ("p99_9", 99.9), ("p99_99", 99.99)]
MINUTE = 60 * 10**9


def sluice(*arguments):
    with open(os.environ["SLUICE_OUTSIDE"]) as file:
        command = [json.load(file)["sluice"], "latency", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return done.stdout


def laws(seed, count):
    """Values of several laws: tag, lowest, digits, values."""
    draw = random.Random(seed)
    yield "uniform", 1, 3, [draw.randrange(1, 10**9) for _ in range(count)]
    yield "lognormal", 1, 3, [int(draw.lognormvariate(13, 1.5)) for _ in range(count)]
    yield "exponential", 1, 2, [int(draw.expovariate(1e-6)) for _ in range(count)]
    yield "two_peaks", 1, 4, [draw.choice([200_000, 9_000_000]) + draw.randrange(1000)
                              for _ in range(count)]
    yield "one_outlier", 1, 3, [1000] * (count - 1) + [59 * 10**9]
    yield "microseconds", 1000, 2, [int(draw.lognormvariate(16, 1)) for _ in range(count)]
    yield "with_zeros", 1, 1, [draw.randrange(0, 50) for _ in range(count)]


def recorded(lowest, digits, values):
    histogram = HdrHistogram(lowest, MINUTE, digits)
    for value in values:
        histogram.record_value(value)
    return histogram


def at_rank(histogram, percentile):
    """The rule of HdrHistogram itself, whose rank is rounded up; the package rounds to nearest."""
    rank = max(math.ceil(math.nextafter(percentile, -math.inf) * histogram.total_count / 100), 1)
    reached = 0
    for item in histogram.get_recorded_iterator():
        reached += item.count_added_in_this_iter_step
        if reached >= rank:
            return histogram.get_highest_equivalent_value(item.value_iterated_to)
    return 0


def read_log(path):
    """All histograms of a log by tag, merged."""
    merged = {}
    reader = HistogramLogReader(path, HdrHistogram(1, MINUTE, 3))
    while (histogram := reader.get_next_interval_histogram()) is not None:
        tag = histogram.get_tag()
        if tag in merged:
            merged[tag].add(histogram)
        else:
            merged[tag] = histogram
    reader.close()
    return merged


class LatencyLogs(unittest.TestCase):
    client_name, venue_name = "hdrhistogram", "sluice latency"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, histograms):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            writer = HistogramLogWriter(file)
            writer.output_log_format_version()
            writer.output_base_time(1764000000000)
            writer.output_legend()
            for tag, histogram in histograms:
                file.write(f"Tag={tag},1.000000,1.000000,0.1,{histogram.encode().decode()}\n")
        return path

    def check(self, histogram, figures, nearest):
        self.assertEqual(histogram.total_count, figures["count"])
        for name, percentile in PERCENTILES:
            self.assertEqual(at_rank(histogram, percentile), figures[name], name)
            if nearest:
                self.assertEqual(histogram.get_value_at_percentile(percentile), figures[name], name)
        if figures["count"] == 0:
            return
        self.assertEqual(histogram.get_max_value(), figures["max"])
        self.assertEqual(histogram.get_min_value(), figures["min"])
        # Told to a tenth of a nanosecond.
        self.assertAlmostEqual(histogram.get_mean_value(), figures["mean"],
                               delta=0.06 + 1e-9 * figures["mean"])

    def test_logs_of_the_package_read_here_give_its_percentiles(self):
        # 20,000 values have every percentile at a whole rank, where both rules of rank agree.
        for seed, count in ((1, 20_000), (2, 997), (3, 1)):
            histograms = [(tag, recorded(lowest, digits, values))
                          for tag, lowest, digits, values in laws(seed, count)]
            path = self.write(f"{seed}.hlog", histograms)
            read = json.loads(sluice("compare", path, path, "--json"))["tags"]
            self.assertEqual([tag["tag"] for tag in read], [tag for tag, _ in histograms])
            for (tag, histogram), answer in zip(histograms, read):
                with self.subTest(tag=tag, count=count):
                    self.check(histogram, answer["before"], nearest=count == 20_000)

    def test_logs_written_here_are_read_by_the_package(self):
        paths, sums = [], {}
        for seed in (4, 5):
            histograms = [(tag, recorded(lowest, digits, values))
                          for tag, lowest, digits, values in laws(seed, 10_000)]
            paths.append(self.write(f"{seed}.hlog", histograms))
            for tag, histogram in histograms:
                if tag in sums:
                    sums[tag].add(histogram)
                else:
                    sums[tag] = histogram
        merged = os.path.join(self.folder, "merged.hlog")
        sluice("merge", *paths, "--hlog", merged)
        read = read_log(merged)
        self.assertEqual(set(read), set(sums))
        for tag, histogram in read.items():
            with self.subTest(tag=tag):
                self.assertEqual(histogram.total_count, 20_000)
                self.assertTrue(histogram.equals(sums[tag]))
                for percentile in (0, 25, 50, 75, 90, 99, 99.9, 99.99, 100):
                    self.assertEqual(histogram.get_value_at_percentile(percentile),
                                     sums[tag].get_value_at_percentile(percentile))

    def test_what_was_measured_has_the_same_percentiles_in_both(self):
        path = os.path.join(self.folder, "venues.hlog")
        report = json.loads(sluice("venues", "--demo", "--seconds", "2", "--rate", "10",
                                   "--hlog", path, "--json"))
        read = read_log(path)
        checked = 0
        for venue in report["venues"]:
            for probe in venue["probes"]:
                if probe["count"] == 0:
                    continue
                histogram = read[f"{venue['venue']}.{probe['probe']}"]
                with self.subTest(venue=venue["venue"], probe=probe["probe"]):
                    self.check(histogram, probe["latency_ns"], nearest=False)
                checked += 1
        self.assertGreaterEqual(checked, 12)
