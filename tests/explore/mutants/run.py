#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts historical bugs back, one at a time, and lets the explorer look for them.

Each NAME.patch beside this file is applied to a scratch copy of the tree, the
command is built there, `uiommufd explore --all` runs, and the patch is taken
out again.  Prints a table; exit status 1 if a bug was not found, or if the
tree without a patch is not clean, 2 on usage errors.

usage: run.py [--quick | --only B01,B02] [--budget 60s] [--scratch DIR]
              [--compile-only] [--clean-budget 600s | --no-clean] [-o FILE]
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
OPTIONS = ["-Dtests=disabled", "-Dexamples=false", "-Dwerror=false",
           "--buildtype=debugoptimized"]


def read_table():
    """Rows of the file "table": id, patch, law, scenario, quick?, title."""
    rows = []
    with open(os.path.join(HERE, "table"), encoding="utf-8") as lines:
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("|")]
            rows.append(dict(zip(("id", "kind", "law", "scenario", "title"),
                                 cells)))
    return rows


def patch_of(row):
    for name in sorted(os.listdir(HERE)):
        if name.startswith(row["id"] + "-") and name.endswith(".patch"):
            return os.path.join(HERE, name)
    return None


def call(command, cwd, **more):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          **more)


class Scratch:
    """A copy of the tree in which bugs come and go."""

    def __init__(self, folder):
        self.folder = folder
        self.build = os.path.join(folder, "build")

    def fill(self):
        files = call(["git", "ls-files", "-co", "--exclude-standard"],
                     TREE).stdout.splitlines()
        for name in files:
            source = os.path.join(TREE, name)
            target = os.path.join(self.folder, name)
            if not os.path.isfile(source):
                continue
            if (os.path.exists(target) and
                    open(source, "rb").read() == open(target, "rb").read()):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            done = call(["meson", "setup", "build", *OPTIONS], self.folder)
            if done.returncode:
                sys.exit("meson failed:\n" + done.stdout)

    def ninja(self):
        return call(["ninja", "-C", self.build, "lib/cli/uiommufd"],
                    self.folder)

    def patch(self, path, reverse=False):
        flags = ["-R"] if reverse else []
        return call(["patch", "-p1", "-s", "-N", "-F3", *flags, "-i", path],
                    self.folder)

    def explore(self, arguments, timeout):
        command = [os.path.join(self.build, "lib/cli/uiommufd"), "explore",
                   *arguments]
        start = time.monotonic()
        try:
            done = call(command, self.folder, timeout=timeout)
            code, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            code, output = None, (late.stdout or b"").decode(errors="replace")
        return code, output, time.monotonic() - start


def field(output, pattern, default=""):
    found = re.search(pattern, output, re.M)
    return found.group(1) if found else default


def judge(code, output, seconds):
    """What the explorer's report says."""
    if code is None:
        result = "hung"
    elif code == 1:
        result = "found"
    elif code == 0:
        result = "missed"
    elif code < 0:
        result = f"signal {-code}"
    else:
        result = f"exit {code}"
    return {
        "result": result,
        "scenario": field(output, r"^scenario: (\S+)"),
        "law": field(output, r"^law: (.+)$"),
        "executions": field(output, r"^executions: (\d+)"),
        "milliseconds": field(output, r"^found after: ([\d.]+) ms",
                              f"{seconds * 1000:.0f}"),
        "steps": field(output, r"^steps: (\d+)"),
        "output": output,
    }


def seconds_of(text):
    found = re.fullmatch(r"(\d+)(ms|s|m)?", text)
    if not found:
        sys.exit(f"run.py: bad duration {text}")
    scale = {"ms": 0.001, "m": 60, "s": 1, None: 1}[found.group(2)]
    return int(found.group(1)) * scale


def run_one(scratch, row, options):
    path = patch_of(row)
    if not path:
        return {"result": "no patch", "output": ""}
    done = scratch.patch(path)
    if done.returncode:
        scratch.patch(path, reverse=True)
        scratch.fill()
        return {"result": "does not apply", "output": done.stdout}
    try:
        done = scratch.ninja()
        if done.returncode:
            by_compiler = row["kind"] == "build"
            return {"result": "found" if by_compiler else "does not build",
                    "law": "build", "output": done.stdout}
        if row["kind"] == "build":
            return {"result": "missed", "output": done.stdout}
        if options.compile_only:
            return {"result": "builds", "output": ""}
        return judge(*scratch.explore(
            ["--all", "--budget", options.budget, *options.extra],
            seconds_of(options.budget) * 2 + 60))
    finally:
        scratch.patch(path, reverse=True)
        scratch.fill()


def show(row, got, out):
    print("%-5s %-14s %9s ms %10s %4s  %-22s %-18s %s" %
          (row["id"], got["result"], got.get("milliseconds", ""),
           got.get("executions", ""), got.get("steps", ""),
           got.get("scenario", ""), got.get("law", ""), row["title"]),
          file=out, flush=True)


def choose(rows, options):
    if options.only:
        wanted = options.only.split(",")
        unknown = set(wanted) - {row["id"] for row in rows}
        if unknown:
            sys.exit("run.py: no such bug: " + ", ".join(sorted(unknown)))
        return [row for row in rows if row["id"] in wanted]
    rows = [row for row in rows if row["kind"] != "none"]
    if options.quick:
        rows = [row for row in rows if row["kind"] == "quick"]
    return rows


def summary(results, out):
    times = [float(got["milliseconds"]) for _, got in results
             if got["result"] == "found" and got.get("milliseconds")]
    steps = [int(got["steps"]) for _, got in results if got.get("steps")]
    found = sum(got["result"] == "found" for _, got in results)
    print(f"{found} of {len(results)} found", file=out, end="")
    if times:
        print(f"; median {statistics.median(times):.0f} ms, "
              f"slowest {max(times):.0f} ms", file=out, end="")
    if steps:
        print(f"; longest counterexample {max(steps)} steps, "
              f"median {statistics.median(steps):.0f}", file=out, end="")
    print(file=out)


def check_clean(scratch, options, out):
    done = scratch.ninja()
    if done.returncode:
        sys.exit("the tree does not build:\n" + done.stdout)
    if options.no_clean or options.compile_only:
        return True
    code, output, seconds = scratch.explore(
        ["--all", "--budget", options.clean_budget, *options.extra],
        seconds_of(options.clean_budget) * 2 + 60)
    print(f"without a bug: exit {code} after {seconds:.0f} s", file=out,
          flush=True)
    if code:
        print(output, file=out)
    return code == 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--clean-budget", default="600s")
    parser.add_argument("--no-clean", action="store_true")
    parser.add_argument("--compile-only", action="store_true")
    parser.add_argument("--scratch")
    parser.add_argument("--logs", help="folder for the explorer's reports")
    parser.add_argument("-o", "--output")
    parser.add_argument("extra", nargs="*",
                        help="further arguments of the explorer, after --")
    return parser.parse_args(arguments)


def prepare(options, make):
    """The filled scratch copy that make(folder) gives, and where to print."""
    folder = options.scratch or tempfile.mkdtemp(prefix="mutants-")
    os.makedirs(folder, exist_ok=True)
    out = open(options.output, "w", encoding="utf-8") if options.output \
        else sys.stdout
    scratch = make(folder)
    scratch.fill()
    return scratch, out


def main(arguments):
    options = parse(arguments)
    rows = choose(read_table(), options)
    scratch, out = prepare(options, Scratch)
    clean = check_clean(scratch, options, out)
    results = []
    for row in rows:
        got = run_one(scratch, row, options)
        results.append((row, got))
        show(row, got, out)
        if options.logs:
            os.makedirs(options.logs, exist_ok=True)
            with open(os.path.join(options.logs, row["id"] + ".txt"), "w",
                      encoding="utf-8") as log:
                log.write(got.get("output", ""))
        elif got["result"] in ("does not apply", "does not build"):
            print(got["output"][-2000:], file=out)
    summary(results, out)
    if not options.scratch:
        shutil.rmtree(scratch.folder)
    wanted = "builds" if options.compile_only else "found"
    return 0 if clean and all(got["result"] == wanted
                              for _, got in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
