#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: -Dcmdqv_dir takes a folder wherever it is, by a path from the root or
from the top of the tree, and says what is missing.  usage: cmdqv_dir.py ROOT"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
full = "tests/drivers/full_header"
passed = failed = 0


def check(folder, good, word=""):
    global passed, failed
    with tempfile.TemporaryDirectory() as build:
        run = subprocess.run(
            ["meson", "setup", build, str(root), "-Dtests=disabled",
             "-Dexamples=false", f"-Dcmdqv_dir={folder}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    right = (run.returncode == 0) == good and word in run.stdout
    passed += right
    failed += not right
    if not right:
        print(f"{folder}: {run.stdout[-800:]}")


with tempfile.TemporaryDirectory() as outside:
    for path in (root / full).iterdir():
        shutil.copy(path, outside)
    check(root / full, True)
    check(full, True)
    check(outside, True)
    (pathlib.Path(outside) / "arm-smmu-v3.h").unlink()
    check(outside, False, "no arm-smmu-v3.h")
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
