#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd vcmdq`: it plays the built-in and a given stream, ends
clean, says the same in text and JSON, and names what is wrong with an option
or a file.  usage: test_vcmdq.py UIOMMUFD DATA_FOLDER"""
import json
import os
import subprocess
import sys
import tempfile

uiommufd, data = sys.argv[1:3]
quick = ["--replay", os.path.join(data, "k612-churn-2cpu.cmdq.xz"), "-n", "2000"]
passed = failed = 0


def run(*args):
    return subprocess.run([uiommufd, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=240)


def check(name, good, why=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"{name}: {why}")


def replay_ends_clean():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "report.json")
        got = run("vcmdq", *quick, "--json", out)
        check("exit status", got.returncode == 0, got.stderr + got.stdout)
        check("audit line", "audit    objects 0, blocks 0, locks 0, mappings 0, "
              "warnings 0: clean" in got.stdout, got.stdout)
        check("EBUSY thrice", got.stdout.count(": EBUSY") == 3, got.stdout)
        with open(out, encoding="utf-8") as report:
            tree = json.load(report)
    check("audit in JSON", tree["audit"]["clean"] is True, tree["audit"])
    load = tree["workload"]
    # The recording has 10,294 commands; nothing is lost on the way.
    check("commands", load["commands"] + load["trapped"] == 10294, load)
    check("syncs", load["syncs"] == 5085, load)
    check("event", tree["error"]["events"] == 1 and tree["error"]["recovered"],
          tree["error"])


def shapes():
    got = run("vcmdq", *quick, "--vintfs", "4", "--vcmdqs", "64", "--devices", "3",
              "--entries", "256", "--queues", "16")
    check("another shape", got.returncode == 0, got.stderr + got.stdout)
    check("its queues", "16 command queues of 256 entries" in got.stdout, got.stdout)


def refusals():
    for args, word in ((["--vintfs", "3"], "--vintfs"),
                       (["--devices", "99"], "--devices"),
                       (["--queues", "5"], "--queues"),
                       (["--nonsense"], "--nonsense"),
                       (["--replay", "/nonexistent.cmdq"], "/nonexistent.cmdq"),
                       (["--replay", __file__], os.path.basename(__file__)),
                       (["stray"], "stray")):
        got = run("vcmdq", *args)
        check(" ".join(args), got.returncode == 2 and word in got.stderr,
              f"{got.returncode} {got.stderr}")
    check("no command", run("nonsense").returncode == 2)


replay_ends_clean()
shapes()
refusals()
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
