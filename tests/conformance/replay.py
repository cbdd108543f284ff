#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays recorded transcripts and compares byte for byte.

usage: replay.py [--run UIOMMUFD] CLIENT ARCHIVE [PROFILE[-SEED]]...

CLIENT is the conformance client; ARCHIVE the transcripts as tar.xz.  With --run
the client is any program, run by that command with the library preloaded.
Lines that start with '#' are comments and not compared.  Prints, for each
transcript that differs, the first differing line after the ten before it, and
the object graph as it was before that line.
"""
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor


def calls(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


class Client:
    def __init__(self, path, command=None):
        self.path, self.command = path, command

    def run(self, words, ops, graph=False):
        preload = []
        if self.command:
            preload = [self.command, "run",
                       "--graph" if graph else "--leak-check", "--"]
        return subprocess.run(
            preload + [self.path, "-p", words["profile"], "-s", words["seed"],
                       "-n", str(ops)] + (["-k"] if graph else []),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **({"CONFORM_GRAPH": "1"} if graph else {})},
            timeout=300)

    def graph_before(self, words, line):
        index = line.split()[0] if line.split() else ""
        return self.run(words, index, True).stderr if index.isdigit() else ""


def replay(client, name, golden):
    words = dict(w.split("=") for w in golden.splitlines()[0].split()[2:])
    run = client.run(words, words["ops"])
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
    if want != got and at < len(want):
        lines += ["  graph before it:"]
        lines += ["  " + line for line in
                  client.graph_before(words, want[at]).splitlines()[:80]]
    return "\n".join(lines)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    args, command = sys.argv[1:], None
    if args[0] == "--run":
        command, args = args[1], args[2:]
    client, archive, wanted = Client(args[0], command), args[1], args[2:]
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
