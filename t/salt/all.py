"""
Runs the tests beside it, or those whose name matches, and ends with one line of sums. Most of their time they wait, so
they run in two processes side by side; what those say comes when they are done.

    all.py [PATTERN]
    all.py --files FILE,FILE... [PATTERN]    these, in this process
"""

import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

# Of about the same length, and not both building the image at once; whatever is not named here goes with the last.
GROUPS = (("test_lab",), ("test_machine", "test_worker"))
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)


class Result(unittest.TextTestResult):
    """Tells how long each took."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok ({time.monotonic() - self.began:.1f} s)")


def stop(*_):
    raise KeyboardInterrupt  # so that what was started is ended


def run(files, pattern):
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    suite = loader.loadTestsFromNames(files)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
    bad = {str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors}
    failed, skipped = len(bad), len(result.skipped)
    print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def groups():
    named = {name for group in GROUPS for name in group}
    found = {path.stem for path in pathlib.Path(__file__).parent.glob("test_*.py")}
    return (*GROUPS[:-1], GROUPS[-1] + tuple(sorted(found - named)))


def begin(group, pattern):
    argv = [sys.executable, "-W", "ignore", __file__, "--files", ",".join(group), *pattern]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_all(pattern):
    began, sums, bad = time.monotonic(), [0, 0, 0], 0
    processes = [begin(group, pattern) for group in groups()]
    said = {}
    readers = [threading.Thread(target=lambda p=p: said.update({p: p.stdout.read()})) for p in processes]
    try:
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    except KeyboardInterrupt:
        for process in processes:
            process.terminate()
        for reader in readers:
            reader.join()
    for process in processes:
        bad |= process.wait() != 0
        text = said[process]
        found = SUM.findall(text)
        print(SUM.sub("", text).rstrip())
        bad |= not found
        sums = [a + int(b) for a, b in zip(sums, found[-1] if found else (0, 0, 0))]
    if bad and sums[1] == 0:
        sums[1] = 1  # one of them has not come to its end
    print(f"took {time.monotonic() - began:.0f} s")
    print("{} passed, {} failed, {} skipped".format(*sums))
    return 1 if bad or sum(sums) == 0 else 0


def main():
    signal.signal(signal.SIGTERM, stop)
    if sys.argv[1:2] == ["--files"]:
        return run(sys.argv[2].split(","), " ".join(sys.argv[3:]))
    return run_all(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
