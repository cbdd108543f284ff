#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the index of examples names each of them, and what it names is there;
every program in it also runs as a test."""
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)#]+)\)")
NOT_EXAMPLES = {"README.md", "meson.build"}


def check(root):
    folder = root / "examples"
    index = (folder / "README.md").read_text(encoding="utf-8")
    build = (folder / "meson.build").read_text(encoding="utf-8")
    named = {link.rstrip("/") for link in LINK.findall(index)}
    there = {path.name for path in folder.iterdir()
             if path.name not in NOT_EXAMPLES}
    faults = [f"examples/{name} is not in the index"
              for name in sorted(there - named)]
    faults += [f"the index names {name}, which is not there"
               for name in sorted(named) if not (folder / name).exists()]
    tested = re.findall(r"'([^']*)'", re.sub(r"#.*", "", build))
    faults += [f"examples/{name} runs as no test" for name in sorted(there)
               if name.endswith(".c") and
               not {name, name[:-2]} & set(tested)]
    return faults, len(there)


if __name__ == "__main__":
    faults, there = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) or f"{there} examples are in the index")
    sys.exit(1 if faults or not there else 0)
