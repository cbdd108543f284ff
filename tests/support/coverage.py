#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the tests run: lines and branches of lib/, a row a file, a total a room.

usage: coverage.py SOURCE BUILD REPORT rooms   core, objects, kit, iommu, client:
                                            their tests and those of the whole
       coverage.py SOURCE BUILD REPORT all     every room, every test that is not
                                            long

BUILD is a build folder of its own, made with -Db_coverage=true when it is not
there yet.  What the tests need is built in it, they run, and REPORT gets the
table.  Fails when a test fails.

Not counted: the branches of BUG_ON() and ASSERT(), which say what is proven and
end the program; those inside of a lock's or an access's words, whose other way
is a schedule point for the explorer or a report about a caller's bug (tests of
the kit have these, as lines of the kit); lines that the compiler made up.
"""
import collections
import json
import pathlib
import shutil
import subprocess
import sys

PROVEN = r"BUG_ON\(|ASSERT\("
HOOKS = (r"\b(mutex|spin|raw_spin|xa|read|write|iopt|idmap)_(un|try)?lock|"
         r"\b(down|up)_(read|write)\(|kcsan_check_|lockdep_assert")
# The explorer takes memory back to where it was, and the counters with it.
NEVER = ["--no-suite", "long", "--no-suite", "lint", "--no-suite", "consumers",
         "--no-suite", "explore", "--no-suite", "nogcov"]
ROOMS = ("core", "objects", "kit", "iommu", "client")
TESTS = {
    "all": NEVER,
    "rooms": NEVER + [word for suite in (*ROOMS, "slow")
                      for word in ("--suite", suite)],
}
FILES = {"all": "", "rooms": f"({'|'.join(ROOMS)})/"}


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **more)
    if done.returncode:
        print(done.stdout[-8000:])
        print(f"failed: {' '.join(map(str, command))}")
    return done.returncode == 0


def measure(source, build, what):
    """Builds and tests; gives what gcovr counted and whether all passed."""
    if not (build / "build.ninja").exists() and not run(
            ["meson", "setup", build, "--buildtype=debug", "-Db_coverage=true"],
            cwd=source):
        sys.exit(1)
    for old in build.rglob("*.gcda"):
        old.unlink()
    passed = run(["meson", "test", "-C", build, "--print-errorlogs", "-t", "6",
                  *TESTS[what]])
    return count(source, build, what), passed


def count(source, build, what):
    summary = build / "coverage.json"
    if not run(["gcovr", "--root", source, "--object-directory", build, "--filter",
                f"{source}/lib/{FILES[what]}", "--exclude-unreachable-branches",
                "--exclude-branches-by-pattern", f".*({PROVEN}|{HOOKS}).*",
                "--gcov-ignore-parse-errors",
                "-j", "2", "--json-summary", summary], cwd=build):
        sys.exit(1)
    return json.loads(summary.read_text())["files"]


class Count:
    """Lines and branches, how many of how many."""

    def __init__(self):
        self.lines = self.all_lines = self.branches = self.all_branches = 0

    def add(self, row):
        self.lines += row["line_covered"]
        self.all_lines += row["line_total"]
        self.branches += row["branch_covered"]
        self.all_branches += row["branch_total"]

    def percent(self):
        return (100 * self.lines / (self.all_lines or 1),
                100 * self.branches / self.all_branches if self.all_branches else 100)

    def __str__(self):
        lines, branches = self.percent()
        return (f"{lines:6.1f} % of {self.all_lines:6} lines "
                f"{branches:6.1f} % of {self.all_branches:6} branches")


def room_of(name):
    return "/".join(name.split("/")[:2])


def tell(files, out):
    """The table: files, rooms, all."""
    rooms, whole = collections.defaultdict(Count), Count()
    for row in sorted(files, key=lambda row: row["filename"]):
        one = Count()
        for total in one, rooms[room_of(row["filename"])], whole:
            total.add(row)
        print(f"{row['filename']:40} {one}", file=out)
    for room, total in sorted(rooms.items()):
        print(f"{room:40} {total}", file=out)
    print(f"{'all':40} {whole}", file=out)


def main():
    if len(sys.argv) != 5 or sys.argv[4] not in TESTS:
        sys.exit(__doc__)
    source, build, report = (pathlib.Path(arg).resolve() for arg in sys.argv[1:4])
    if not shutil.which("gcovr"):
        print("no gcovr")
        return 77
    files, passed = measure(source, build, sys.argv[4])
    with open(report, "w", encoding="utf-8") as out:
        tell(files, out)
    print(report.read_text(), end="")
    return 0 if passed and files else 1


if __name__ == "__main__":
    sys.exit(main())
