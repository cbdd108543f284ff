#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cache lines that one of two threads writes and the other touches, while each
works on a context of its own.  Traced instruction by instruction, so the answer
is exact and does not depend on what else the machine does.
With --none it fails if there is any.
usage: sharing.py [--line BYTES] [--least TIMES] [--none] BENCH_LINES [ROW...]"""
import argparse
import collections
import re
import subprocess
import sys

ENTRY = re.compile(r"(I | S| L| M) +([0-9a-f]+),(\d+)")
MARK = 0x100000000000
MARK_TEXT = f" S {MARK:x},"


class Turn:
    """What a thread touched: {line: {(kind, instruction): times}}."""
    def __init__(self):
        self.lines = collections.defaultdict(collections.Counter)

    def times(self, line):
        return sum(self.lines[line].values())

    def writes(self, line):
        return any(kind != "L" for kind, _ in self.lines[line])


def trace(bench, row, size):
    """The text that the program printed, and its turns."""
    turns, turn, instruction = [], None, 0
    with subprocess.Popen(
            ["valgrind", "--tool=lackey", "--trace-mem=yes", "--log-fd=2",
             bench, row], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as process:
        for text in process.stderr:
            # Most of the trace lies before the first turn.
            if not turn and not text.startswith(MARK_TEXT):
                continue
            found = ENTRY.match(text)
            if not found:
                continue
            kind, address = found[1].strip(), int(found[2], 16)
            if kind == "S" and address == MARK:
                turn = Turn()
                turns.append(turn)
            elif kind == "I":
                instruction = address
            elif turn:
                last = address + int(found[3]) - 1
                for line in range(address // size, last // size + 1):
                    turn.lines[line][kind, instruction] += 1
        mappings = process.stdout.read()
    if process.returncode or len(turns) != 3:
        sys.exit(f"sharing.py: {bench} {row}: exit {process.returncode}")
    return mappings, turns[:2]


class Places:
    """Names of addresses, by the mappings of the process."""
    def __init__(self, text):
        self.areas = []
        for line in text.splitlines():
            span, _, offset, _, _, *name = line.split(None, 5)
            start, end = (int(x, 16) for x in span.split("-"))
            self.areas.append((start, end, int(offset, 16), "".join(name)))

    def find(self, address):
        for start, end, offset, name in self.areas:
            if start <= address < end:
                return name, address - start + offset
        return "", address

    def base(self, name):
        return min(start for start, _, _, n in self.areas if n == name)

    def code(self, address):
        name, _ = self.find(address)
        if not name.startswith("/"):
            return hex(address)
        out = subprocess.run(
            ["addr2line", "-fs", "-e", name, hex(address - self.base(name))],
            stdout=subprocess.PIPE, text=True, check=False).stdout.split("\n")
        return f"{out[0]} ({out[1]})"

    def data(self, address):
        name, _ = self.find(address)
        if not name.startswith("/"):
            return f"{name or 'memory'} {address:#x}"
        return f"{name.rsplit('/', 1)[-1]}+{address - self.base(name):#x}"


def shared_lines(turns, least):
    for line in sorted(set(turns[0].lines) & set(turns[1].lines)):
        # What wakes and stops the threads happens but once.
        if (any(turn.writes(line) for turn in turns) and
                min(turn.times(line) for turn in turns) >= least):
            yield line


def report(bench, row, size, least):
    """Prints what is shared, neighbours with the same writers as one; how much."""
    mappings, turns = trace(bench, row, size)
    places = Places(mappings)
    shared = list(shared_lines(turns, least))
    print(f"{row}: {len(shared)} lines", flush=True)
    last, last_writers = None, None
    for line in shared:
        writers = sorted({places.code(at) for turn in turns
                          for kind, at in turn.lines[line] if kind != "L"})
        if line - 1 != last or writers != last_writers:
            print(f"  {places.data(line * size)}, touched "
                  f"{turns[0].times(line)} and {turns[1].times(line)} times,")
            for name in writers:
                print(f"    written in {name}")
        last, last_writers = line, writers
    return len(shared)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--line", type=int, default=64)
    parser.add_argument("--least", type=int, default=20)
    parser.add_argument("--none", action="store_true")
    parser.add_argument("bench")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    rows = args.rows or subprocess.run(
        [args.bench, "--list"], stdout=subprocess.PIPE, text=True,
        check=True).stdout.split()
    found = sum(report(args.bench, row, args.line, args.least) for row in rows)
    sys.exit(1 if args.none and found else 0)


if __name__ == "__main__":
    main()
