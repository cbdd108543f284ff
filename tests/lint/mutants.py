#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: each patch that puts a historical bug back still applies, as the script
that tries them applies it.  usage: mutants.py ROOT"""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
patches = sorted((root / "tests/explore/mutants").glob("*.patch"))
if not shutil.which("patch"):
    sys.exit(77)
failed = 0
for path in patches:
    done = subprocess.run(["patch", "-p1", "-s", "-f", "-N", "-F3", "--dry-run",
                           "-i", str(path)], cwd=root, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(f"{path.name}: does not apply:\n{done.stdout}")
        failed += 1
print(f"[  PASSED  ] {len(patches) - failed} test(s).")
if failed or not patches:
    sys.exit(f"{failed} of {len(patches)} patches do not apply")
