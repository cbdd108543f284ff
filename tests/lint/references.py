#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: what the code cites is there.

A citation is 'spec/NN', perhaps with sections ('spec/10 section 10.4',
'spec/45 sections A2 to A4, A8', 'spec/20 7.2').  spec/NN is the file of that
number in examples/guide/reference; a section is the number that a heading
begins with.  A section's number may also be that of an item below the heading
('spec/70 11.3' in section 11).
"""
import pathlib
import re
import sys

CITATION = re.compile(
    r"spec/(\d\d)\b(?:,?\s+(?:\*\s+)?(?:sections?|part)?\s*"
    r"([A-Z]?\d+(?:\.\d+)*(?:(?:,|\s+and|\s+to)\s+[A-Z]?\d+(?:\.\d+)*)*))?")
NUMBER = re.compile(r"[A-Z]?\d+(?:\.\d+)*")
HEADING = re.compile(r"^#+\s+(?:Part\s+)?([A-Z]?\d+(?:\.\d+)*|[A-Z])\b", re.M)


def sections_of(path):
    return set(HEADING.findall(path.read_text()))


def is_there(number, sections):
    while number not in sections:
        if "." not in number:
            return False
        number = number.rsplit(".", 1)[0]
    return True


def check(root):
    base = root / "examples/guide/reference"
    files = {path.name[:2]: sections_of(path) for path in base.glob("[0-9]*.md")}
    faults, count = [], 0
    for folder in ("lib", "include", "tests", "examples"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".c", ".h", ".py", ".sh") or not path.is_file():
                continue
            text = path.read_text(errors="replace")
            for match in CITATION.finditer(text):
                count += 1
                line = text.count("\n", 0, match.start()) + 1
                where = f"{path.relative_to(root)}:{line}"
                if match[1] not in files:
                    faults.append(f"{where}: there is no spec/{match[1]}")
                    continue
                for number in NUMBER.findall(match[2] or ""):
                    if not is_there(number, files[match[1]]):
                        faults.append(f"{where}: spec/{match[1]} has no section {number}")
    return faults, count


def main():
    faults, count = check(pathlib.Path(sys.argv[1]))
    for fault in faults:
        print(fault)
    print(f"{count} citations are there" if not faults else f"{len(faults)} are not")
    return bool(faults)


sys.exit(main())
