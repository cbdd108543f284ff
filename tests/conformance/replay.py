#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays recorded transcripts and compares byte for byte.

usage: replay.py CLIENT ARCHIVE [PROFILE[-SEED]]...

CLIENT is the conformance client; ARCHIVE the transcripts as tar.xz.  Lines
that start with '#' are comments and not compared.  Prints, for each transcript
that differs, the first differing line after the ten before it.
"""
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor


def calls(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


def replay(client, name, golden):
    words = dict(w.split("=") for w in golden.splitlines()[0].split()[2:])
    run = subprocess.run(
        [client, "-p", words["profile"], "-s", words["seed"], "-n", words["ops"]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    want, got = calls(golden), calls(run.stdout)
    if want == got and run.returncode == 0:
        return None
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b),
              min(len(want), len(got)))
    lines = [f"== {name}: exit status {run.returncode}"]
    lines += ["  " + line for line in want[max(0, at - 10):at]]
    if want != got:
        lines.append("- " + (want[at] if at < len(want) else "(end)"))
        lines.append("+ " + (got[at] if at < len(got) else "(end)"))
    lines += ["  | " + line for line in run.stderr.splitlines()[:40]]
    return "\n".join(lines)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    client, archive, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    golden = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if member.isfile():
                name = os.path.basename(member.name)[:-len(".txt")]
                golden[name] = tar.extractfile(member).read().decode()
    if wanted:
        golden = {n: t for n, t in golden.items()
                  if n in wanted or n.rsplit("-", 1)[0] in wanted}
    if not golden:
        sys.exit("replay.py: no such transcript")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(
            lambda item: replay(client, *item), sorted(golden.items())))
    bad = [a for a in answers if a]
    for text in bad[:5]:
        print(text)
    print(f"[  PASSED  ] {len(answers) - len(bad)} test(s).")
    if bad:
        print(f"[  FAILED  ] {len(bad)} test(s), see above")
    return 1 if bad else 0


sys.exit(main())
