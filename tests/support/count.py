#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what meson's test logs say: prints 'PASSED FAILED'.

A cmocka program counts as many tests as it reported at the beginning of a line;
any other program counts as one.  A program that failed without naming a failed
test (a crash, a sanitizer report, a timeout) counts as one failure.  A program
that fails because it should counts as one test that passed.
"""
import json
import re
import sys

passed = failed = programs = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            run = json.loads(line)
            programs += 1
            text = run.get("stdout", "") + run.get("stderr", "")
            good = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) test", text,
                                           re.M)))
            bad = sum(map(int, re.findall(r"^\[  FAILED  \] (\d+) test", text,
                                          re.M)))
            if run["result"] == "SKIP":
                continue
            if run["result"] == "EXPECTEDFAIL":
                passed += 1
            elif run["result"] == "OK":
                passed += max(good, 1)
                failed += bad
            else:
                passed += good
                failed += max(bad, 1)
print(passed, failed)
sys.exit(0 if programs else 1)
