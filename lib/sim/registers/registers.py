#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What follows from the registers' descriptions (cmdqv.ini says how to read and
write them):

  registers.py rows DESCRIPTION OUT       the model's rows and their numbers
  registers.py test DESCRIPTION OUT       what the register tests expect
  registers.py header FILE DESCRIPTION...      <uiommufd/registers.h>
  registers.py reference FILE DESCRIPTION...   the reference's tables

The last two are part of the tree: FILE is written, or with --check compared."""
import configparser
import pathlib
import re
import sys

KEYS = {"group", "offset", "width", "access", "reset", "count", "index",
        "fields", "note", "only"}


class Wrong(Exception):
    pass


class Field:
    def __init__(self, line):
        match = re.fullmatch(r"(\w+) (\d+)(?::(\d+))?(?: (.*))?", line)
        if not match:
            raise Wrong(f"not a field: {line}")
        self.name = match[1]
        self.last = int(match[2])
        self.first = int(match[3] or match[2])
        note = match[4] or ""
        self.action = note.split(" ")[0] == "action"
        self.note = note[len("action"):].strip() if self.action else note
        if self.first > self.last:
            raise Wrong(f"{self.name}: bits backwards")
        self.mask = (1 << self.last + 1) - (1 << self.first)

    def bits(self):
        return f"[{self.last}]" if self.first == self.last else \
            f"[{self.last}:{self.first}]"


class Register:
    """Runs are (count, stride, index), from the outer to the inner one."""
    def __init__(self, name, row, group, sizes):
        unknown = set(row) - KEYS
        if unknown:
            raise Wrong(f"unknown word {sorted(unknown)[0]}")
        self.name, self.group = name, row.get("group")
        self.width = int(row.get("width", "32"))
        self.access = row["access"]
        if self.width not in (32, 64) or self.access not in ("RO", "RW"):
            raise Wrong("width is 32 or 64, access RO or RW")
        self.base = int(group.get("base", "0"), 0)
        self.offset = int(row["offset"], 0)
        self.configured = row.get("reset") == "configured"
        self.reset = 0 if self.configured else int(row.get("reset", "0"), 0)
        self.runs = [(group["count"], int(group["stride"], 0), group["index"])] \
            if "count" in group else []
        if "count" in row:
            self.runs.append((row["count"], self.width // 8, row["index"]))
        for count, _, _ in self.runs:
            if not count.isdigit() and count not in sizes:
                raise Wrong(f"{count} is no size of the block")
        self.note, self.only = row.get("note", ""), row.get("only")
        self.fields = [Field(line) for line in
                       row.get("fields", "").strip().splitlines()]
        self.check()

    def check(self):
        if self.at() % (self.width // 8):
            raise Wrong("not aligned to its width")
        seen = 0
        for field in self.fields:
            if field.mask & seen or field.last >= self.width:
                raise Wrong(f"{field.name}: overlaps or does not fit")
            seen |= field.mask
        if self.reset & ~self.defined():
            raise Wrong("resets bits that do not exist")

    def at(self):
        return self.base + self.offset

    def all(self):
        return (1 << self.width) - 1

    def defined(self):
        return sum(field.mask for field in self.fields) or self.all()

    def actions(self):
        return sum(field.mask for field in self.fields if field.action)

    def writable(self):
        return self.defined() & ~self.actions() if self.access == "RW" else 0


class Block:
    def __init__(self, path):
        ini = configparser.ConfigParser(
            delimiters=("=",), comment_prefixes=("#",), interpolation=None,
            empty_lines_in_values=False)
        ini.optionxform = str
        with open(path, encoding="utf-8") as text:
            ini.read_file(text, str(path))
        head = dict(ini["block"])
        self.path = pathlib.Path(path)
        self.name, self.title = head.pop("name"), head.pop("title")
        self.sizes = {size: int(most, 0) for size, most in head.items()}
        self.groups = {section[6:]: dict(ini[section])
                       for section in ini.sections()
                       if section.startswith("group ")}
        self.registers = []
        for section in ini.sections():
            if section == "block" or section.startswith("group "):
                continue
            row = dict(ini[section])
            try:
                group = self.groups[row["group"]] if "group" in row else {}
                self.registers.append(
                    Register(section, row, group, self.sizes))
            except (Wrong, KeyError, ValueError) as error:
                raise Wrong(f"{path}: [{section}]: {error}") from error


def c_number(value, width):
    return f"UINT64_C(0x{value:x})" if width == 64 else f"0x{value:x}u"


# --- the model ---------------------------------------------------------------

def row_macro(block, register):
    number = f"{block.name}_{register.name}"
    size = lambda count: count if count.isdigit() else f"{block.name}_MAX_{count}"
    read_only = register.all() if register.access == "RO" else 0
    reserved = 0 if read_only else register.all() & ~register.defined()
    words = [f'"{register.name}"', f"0x{register.at():05x}u",
             str(register.width // 8), c_number(read_only, register.width), "0",
             c_number(reserved, register.width)]
    more = []
    if register.runs:
        count, stride, _ = register.runs[-1]
        more += [f".count = {size(count)}", f".stride = 0x{stride:x}"]
    if len(register.runs) == 2:
        count, stride, _ = register.runs[0]
        more += [f".outer_count = {size(count)}",
                 f".outer_stride = 0x{stride:x}"]
    if register.width == 64:
        more.append(".flags = UIOMMUFD_MMIO_HALVES")
    if register.reset:
        more.append(f".reset = 0x{register.reset:x}")
    if register.fields:
        rows = " ".join(f'{{ "{field.name}", {field.first}, {field.last} }},'
                        for field in register.fields)
        more.append(".fields = (const struct uiommufd_mmio_field[])"
                    f"{{ {rows} {{ 0 }} }}")
    body = ", \\\n\t".join(words + more)
    # What the model adds, its hooks, comes as arguments.
    return (f"#define {number}_ROW(...) UIOMMUFD_MMIO_ROW( \\\n\t{body}, \\\n"
            "\t__VA_ARGS__)")


def rows(block):
    out = [f"/* Generated from {block.path.name} by registers.py. */"]
    out += [f"#define {block.name}_MAX_{size} {most}"
            for size, most in block.sizes.items()]
    numbers = [f"\t{block.name}_{register.name},"
               for register in block.registers]
    first_only = [register for register in block.registers if register.only][:1]
    out += [f"enum {block.name.lower()}_row {{", *numbers,
            f"\t{block.name}_ROWS", "};"]
    out += [f"#define {block.name}_FIRST_OPTIONAL {block.name}_{register.name}"
            for register in first_only]
    out += [row_macro(block, register) for register in block.registers]
    return "\n".join(out) + "\n"


# --- the tests ---------------------------------------------------------------

def test_row(register):
    words = [f'"{register.name}"', f"0x{register.at():05x}",
             str(register.width // 8), c_number(register.reset, register.width),
             c_number(register.writable(), register.width)]
    for count, stride, _ in reversed(register.runs):
        words += [count, f"0x{stride:x}"]
    if register.actions():
        words.append(f".actions = {c_number(register.actions(), register.width)}")
    if register.only:
        words.append(".pri = true")
    if register.configured:
        words.append(".configured = true")
    if register.fields:
        fields = " ".join(f'{{ "{field.name}", {field.first}, {field.last} }},'
                          for field in register.fields)
        words.append(".fields = (const struct uiommufd_mmio_field[])"
                     f"{{ {fields} {{ 0 }} }}")
    return "\t{ " + ", ".join(words) + " },"


def test(block):
    return "\n".join([f"/* Generated from {block.path.name} by registers.py. */",
                      *map(test_row, block.registers)]) + "\n"


# --- the header --------------------------------------------------------------

HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * Where the registers of the simulated hardware are, and their fields.
 *
 * Generated from {sources}:
 * change those and run lib/sim/registers/registers.py.
 *
 * Offsets are bytes from the block's start, as uiommufd_mmio_read() and the
 * expectations of <uiommufd/cmocka.h> take them; of a register that repeats the
 * offset is a macro of its indices.  A field is a mask.
 */
#ifndef UIOMMUFD_REGISTERS_H
#define UIOMMUFD_REGISTERS_H

#include <stdint.h>
"""


def header_offset(block, register):
    name = f"UIOMMUFD_{block.name}_{register.name}"
    if not register.runs:
        return f"#define {name} 0x{register.at():x}u"
    letters = ", ".join(index for _, _, index in register.runs)
    terms = " + ".join(f"0x{stride:x}u * ({index})"
                       for _, stride, index in register.runs)
    line = f"#define {name}({letters}) (0x{register.at():x}u + {terms})"
    if len(line) > 80:
        line = line.replace(f"({letters}) (", f"({letters}) \\\n\t(", 1)
    return line


def header_field(block, register, field):
    name = f"UIOMMUFD_{block.name}_{register.name}_{field.name}"
    line = f"#define {name} UINT64_C(0x{field.mask:x})"
    return line if len(line) <= 80 else line.replace(" UINT", " \\\n\tUINT", 1)


def header(blocks):
    sources = " and ".join(f"lib/sim/registers/{block.path.name}"
                           for block in blocks)
    sources = sources.replace(" and ", "\n * and ")
    out = [HEAD.format(sources=sources)]
    for block in blocks:
        out.append(f"/* --- {block.title} --- */\n")
        for register in block.registers:
            out.append(header_offset(block, register))
            out += [header_field(block, register, field)
                    for field in register.fields]
        out.append("")
    names = re.findall(r"#define (\w+)", "\n".join(out))
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Wrong(f"{sorted(twice)[0]} would be defined twice")
    return "\n".join(out) + "\n#endif\n"


# --- the reference -----------------------------------------------------------

MARK = re.compile(r"(<!-- registers: (\w+)(?: ([\w-]+))? -->\n)(.*?)"
                  r"(<!-- end of registers -->\n)", re.S)


def reference_offset(register, in_group):
    digits = 4 if register.at() > 0xff and not in_group else 2
    text = f"0x{register.offset:0{digits}x}"
    if in_group and register.base:
        text = "+" + text
    own = register.runs[1:] if in_group and register.base else register.runs
    return text + "".join(f" + {stride}·{index}" for _, stride, index in own)


def reference_name(register, in_group):
    own = register.runs[1:] if in_group and register.base else register.runs
    letters = ", ".join(index for _, _, index in own)
    return register.name + (f"({letters})" if letters else "")


def reference_row(register, in_group):
    fields = "<br>".join(
        f"`{field.bits()}` {field.name}" +
        (" (reads 0)" if field.action else "") +
        (("" if field.note[0] == "[" else ":") + " " + field.note
         if field.note else "") for field in register.fields)
    note = register.note
    if register.only:
        note = f"Only if {register.only}" + (f". {note}" if note else "")
    reset = "configured" if register.configured else \
        f"0x{register.reset:x}" if register.reset else "0"
    cells = [reference_offset(register, in_group),
             reference_name(register, in_group), str(register.width),
             register.access, reset, fields, note]
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def reference_table(block, group):
    chosen = [register for register in block.registers
              if group is None or register.group == group]
    if not chosen:
        raise Wrong(f"{block.name} has no registers {group}")
    return "\n".join(["| offset | name | width | access | reset | fields | notes |",
                      "|---|---|---|---|---|---|---|",
                      *(reference_row(register, group is not None)
                        for register in chosen)]) + "\n"


def reference(blocks, text):
    named, shown = {block.name: block for block in blocks}, set()

    def fill(match):
        block = named[match[2]]
        shown.update((block.name, register.name) for register in block.registers
                     if match[3] is None or register.group == match[3])
        return match[1] + reference_table(block, match[3]) + match[5]

    text = MARK.sub(fill, text)
    for block in blocks:
        for register in block.registers:
            if (block.name, register.name) not in shown:
                raise Wrong(f"no table has {block.name}.{register.name}")
    return text


def put(path, text, check):
    path = pathlib.Path(path)
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == text:
        print(f"{path.name} is what the descriptions say")
        return 0
    print(f"{path} is not what the descriptions say: run "
          "lib/sim/registers/registers.py")
    return 1


def main(mode, *words):
    check = "--check" in words
    words = [word for word in words if word != "--check"]
    if mode in ("rows", "test"):
        text = {"rows": rows, "test": test}[mode](Block(words[0]))
        return put(words[1], text, check)
    blocks = [Block(path) for path in words[1:]]
    if mode == "header":
        return put(words[0], header(blocks), check)
    old = pathlib.Path(words[0]).read_text(encoding="utf-8")
    return put(words[0], reference(blocks, old), check)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (Wrong, configparser.Error, OSError) as error:
        print(f"registers.py: {error}", file=sys.stderr)
        sys.exit(1)
