#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: every function of include/uiommufd has a comment directly above it that
is more than its name, and says what it returns if it returns something; and it
or the head of its file says in which context it may be called."""
import pathlib
import re
import sys

DECLARATION = re.compile(
    r"^(?!typedef|#|\s|static inline|struct \w+ \{|enum |union )"
    r"[\w\s\*]+?\b(uiommufd_\w+)\s*\(", re.M)
GIVES_NOTHING = re.compile(r"(UIOMMUFD_API\s+)?void\s+\w")
SAYS_WHAT = re.compile(r"return|NULL|true", re.I)


def comment_above(text, at):
    before = text[:at].rstrip()
    if not before.endswith("*/"):
        return ""
    return before[before.rfind("/*"):]


def check(root):
    faults, seen = [], 0
    for path in sorted((root / "include/uiommufd").glob("*.h")):
        text = path.read_text()
        head = text[text.index("\n/*"):text.index("#ifndef")]
        for match in DECLARATION.finditer(text):
            seen += 1
            name = match.group(1)
            line = text.count("\n", 0, match.start()) + 1
            comment = comment_above(text, match.start())
            where = f"{path.relative_to(root)}:{line}: {name}"
            if len(comment.split()) < 6:
                faults.append(f"{where} is not documented")
            elif not (GIVES_NOTHING.match(match.group(0)) or
                      SAYS_WHAT.search(comment)):
                faults.append(f"{where} does not say what it returns")
            if "Context" not in head + comment:
                faults.append(f"{where} does not say its context")
    return faults, seen


if __name__ == "__main__":
    faults, seen = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) or f"{seen} functions are documented")
    sys.exit(1 if faults or not seen else 0)
