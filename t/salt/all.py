"""Runs the tests beside it, or those whose name matches, and ends with one line of sums."""

import pathlib
import signal
import sys
import time
import unittest


class Result(unittest.TextTestResult):
    """Tells how long each took."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok ({time.monotonic() - self.began:.1f} s)")


def chosen(pattern):
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    return loader.discover(str(pathlib.Path(__file__).parent))


def stop(*_):
    raise KeyboardInterrupt  # so that what was started is ended


def main():
    signal.signal(signal.SIGTERM, stop)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(chosen(" ".join(sys.argv[1:])))
    bad = {str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors}
    failed, skipped = len(bad), len(result.skipped)
    print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
