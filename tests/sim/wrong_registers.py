#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: a description of registers that cannot be is refused, and the complaint
names the register."""
import pathlib
import subprocess
import sys
import tempfile

BLOCK = "[block]\nname = TOY\ntitle = Toy\nUNITS = 4\n"
RIGHT = "[REG]\noffset = 0x0\naccess = RW\nfields =\n\tA 3:0\n\tB 4\n"
WRONG = {
    "overlap": RIGHT.replace("B 4", "B 3"),
    "does not fit": RIGHT.replace("B 4", "B 32"),
    "backwards": RIGHT.replace("3:0", "0:3"),
    "not a field": RIGHT.replace("B 4", "B four"),
    "aligned": RIGHT.replace("0x0", "0x2"),
    "access": RIGHT.replace("RW", "WO"),
    "width": RIGHT + "width = 16\n",
    "resets bits": RIGHT + "reset = 0x20\n",
    "unknown word": RIGHT + "rest = 0\n",
    "no size": RIGHT + "count = ITEMS\nindex = i\n",
    "'offset'": RIGHT.replace("offset = 0x0\n", ""),
    "already exists": RIGHT + RIGHT,
}


def run(program, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "toy.ini"
        path.write_text(BLOCK + text)
        done = subprocess.run([program, "rows", path, path.with_suffix(".inc")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
    return done.returncode, done.stdout


def main(program):
    wrong = 0
    status, said = run(program, RIGHT)
    if status:
        print("what is right is refused:", said)
        wrong += 1
    for complaint, text in WRONG.items():
        status, said = run(program, text)
        if status != 1 or complaint not in said or "REG" not in said:
            print(f"{complaint}: status {status}, {said}")
            wrong += 1
    print(f"{len(WRONG)} wrong descriptions, {wrong} faults")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
