#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: unit tests mirror the files.  lib/ROOM/[FOLDER/]NAME.c has a test of
its name in tests/ROOM, or a line in mirror.txt says where it is tested; no
line says so without need, or of a test that does not know the files."""
import fnmatch
import pathlib
import sys


def has_own(root, path):
    """test_NAME, test_FOLDER_NAME or test_ROOM_NAME, in C or Python."""
    parts = path.relative_to(root / "lib").with_suffix("").parts
    names = {parts[-1], "_".join(parts[1:]), "_".join(parts)}
    return any((root / "tests" / parts[0] /
                f"test_{name.replace('-', '_')}{end}").exists()
               for name in names for end in (".c", ".py"))


def read_table(root, faults):
    rows = []
    text = (root / "tests/lint/mirror.txt").read_text()
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        where = f"tests/lint/mirror.txt:{number}"
        fields = line.split("\t")
        if len(fields) != 3:
            faults.append(f"{where}: not FILES, TEST and WORD")
            continue
        pattern, test, word = fields
        if not (root / test).exists():
            faults.append(f"{where}: there is no {test}")
        elif word not in (root / test).read_text():
            faults.append(f"{where}: '{word}' is not in {test}")
        rows.append((where, pattern))
    return rows


def check(root):
    faults, used = [], set()
    rows = read_table(root, faults)
    files = sorted((root / "lib").rglob("*.c"))
    for path in files:
        if has_own(root, path):
            continue
        name = str(path.relative_to(root))
        # The first that fits; patterns do not reach into folders.
        for where, pattern in rows:
            if (fnmatch.fnmatch(name, pattern) and
                    name.count("/") == pattern.count("/")):
                used.add(where)
                break
        else:
            faults.append(f"{name}: no test of its name, and no line in "
                          "tests/lint/mirror.txt says where it is tested")
    faults += [f"{where}: {pattern}: every such file has a test of its name, "
               "or there is none" for where, pattern in rows
               if where not in used]
    return faults, len(files)


def main():
    faults, files = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) if faults else f"{files} files")
    return 1 if faults else 0


sys.exit(main())
