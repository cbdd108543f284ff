#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same bugs looked for by the explorer and by unguided stress.

For each bug the patch goes into a scratch copy of the tree.  There the explorer
runs (`uiommufd explore --all`, one process), then stress.c, which lets the same
scenarios' threads run on real threads, built with ThreadSanitizer and with
AddressSanitizer.  Prints the processor time each has used when it found the
bug, or in all, and bugs found per processor second.

usage: stress.py [--only B01,B02] [--seconds N] [--scratch DIR] [-o FILE]
"""
import argparse
import os
import resource
import subprocess
import sys

import run as mutants

# Of different kinds: published early, a lock left, a refcount, released twice,
# half an item delivered, listed twice, counted late, a list and a map without
# their locks, an ID that is lost.
BUGS = "B01,B02,B16,B28,B43,B49,G01,G05,G09,G10"
SANITIZERS = {"thread": "TSan", "address,undefined": "ASan"}
# The explorer lets one thread run at a time, so that what the scenarios keep
# for themselves needs no locks.  Only what they do there themselves is hidden.
SUPPRESSIONS = "race_top:lib/explore/\n"


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command, folder, limit):
    """(exit status or None, output, processor seconds)."""
    suppressions = os.path.join(folder, "suppressions")
    environment = dict(os.environ,
                       TSAN_OPTIONS="halt_on_error=1:suppressions=" +
                       suppressions,
                       ASAN_OPTIONS="halt_on_error=1:detect_leaks=0:"
                       "detect_stack_use_after_return=0")
    before = processor_seconds()
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=environment,
                              timeout=limit, check=False)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        status, output = None, late.stdout or b""
    return status, output.decode(errors="replace"), processor_seconds() - before


class Scratch(mutants.Scratch):
    def build_dir(self, sanitizer):
        return os.path.join(self.folder, "build-" + SANITIZERS[sanitizer])

    def build_all(self):
        with open(os.path.join(self.folder, "suppressions"), "w",
                  encoding="utf-8") as out:
            out.write(SUPPRESSIONS)
        for sanitizer in SANITIZERS:
            folder = self.build_dir(sanitizer)
            if not os.path.exists(os.path.join(folder, "build.ninja")):
                mutants.call(["meson", "setup", folder, "-Dexamples=false",
                              "-Dwerror=false", "-Db_lundef=false",
                              "--buildtype=debugoptimized",
                              "-Db_sanitize=" + sanitizer], self.folder)
            done = mutants.call(["ninja", "-C", folder, "tests/explore/stress"],
                                self.folder)
            if done.returncode:
                sys.exit(done.stdout[-3000:])
        done = self.ninja()
        if done.returncode:
            sys.exit(done.stdout[-3000:])


def look(scratch, seconds):
    """{method: (found, processor seconds, what)}"""
    status, output, used = timed(
        [os.path.join(scratch.build, "lib/cli/uiommufd"), "explore", "--all",
         "--threads", "1", "--quiet", "--budget", f"{seconds}s"],
        scratch.folder, seconds * 3 + 60)
    results = {"explorer": (status == 1, used,
                            mutants.field(output, r"^law: (.+)$"))}
    for sanitizer, name in SANITIZERS.items():
        status, output, used = timed(
            [os.path.join(scratch.build_dir(sanitizer), "tests/explore/stress"),
             str(seconds)], scratch.folder, seconds * 3 + 60)
        what = mutants.field(output, r"SUMMARY: \w+: (.{1,60})") or \
            mutants.field(output, r"^(\S+: .*); \d+ rounds") or \
            ("" if status == 0 else f"status {status}")
        results[name] = (status != 0, used, what)
    return results


def show(name, results, out):
    cells = [f"{'found' if found else 'missed'} {used:7.2f} s"
             for found, used, _ in results.values()]
    said = "; ".join(what for _, _, what in results.values() if what)
    print(f"{name:5} " + "  ".join(cells) + "  " + said[:150], file=out,
          flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=BUGS)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--scratch")
    parser.add_argument("-o", "--output")
    options = parser.parse_args()
    scratch, out = mutants.prepare(options, Scratch)
    scratch.build_all()
    totals = {}
    print(f"{'bug':5} {'explorer':16}  {'TSan stress':16}  "
          f"{'ASan stress':16}  what", file=out, flush=True)
    show("none", look(scratch, options.seconds), out)
    for row in mutants.read_table():
        if row["id"] not in options.only.split(","):
            continue
        path = mutants.patch_of(row)
        if scratch.patch(path).returncode:
            sys.exit(f"{path} does not apply")
        try:
            scratch.build_all()
            results = look(scratch, options.seconds)
        finally:
            scratch.patch(path, reverse=True)
            scratch.fill()
        show(row["id"], results, out)
        for method, (found, used, _) in results.items():
            bugs, seconds = totals.get(method, (0, 0))
            totals[method] = bugs + found, seconds + used
    for method, (bugs, seconds) in totals.items():
        print(f"{method}: {bugs} found in {seconds:.1f} processor seconds, "
              f"{bugs / max(seconds, 1e-9):.3f} a second", file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
