#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes seeds for fuzzers from the recorded transcripts.

    seeds.py TABLE TRANSCRIPTS.tar.xz OUTPUT_DIRECTORY [CALLS_PER_SEED]

TABLE is what `fuzz_calls --table` shows: operations and arguments, named as the
transcripts name them.  The calls of each context of a transcript become inputs of
CALLS_PER_SEED calls (24), every one beginning with the context's first calls
that made objects, so that later ones find something.  What a transcript names
is kept by kind: an identifier becomes 'the n-th such object', an address in
the client's window a place in good memory.  Malformed requests become the
modifiers that come nearest."""
import collections
import pathlib
import re
import struct
import sys
import tarfile

CALL = re.compile(r"^\d+ (c\d+) (\w+)(.*?) -> rc=(\S+)(.*)$")
PAIR = re.compile(r"(!?\w+)=(\[[^\]]*\]|\S+)")
MAKERS = {"IOAS_ALLOC", "TEST_MOCK_DOMAIN", "TEST_MOCK_DOMAIN_FLAGS", "HWPT_ALLOC",
          "VIOMMU_ALLOC", "VDEVICE_ALLOC", "IOAS_MAP", "TEST_CREATE_ACCESS",
          "FAULT_QUEUE_ALLOC", "VEVENTQ_ALLOC", "HW_QUEUE_ALLOC", "VFIO_IOAS"}
OTHER_NAMES = {"TEST_MEMORY_LIMIT": "TEST_SET_TEMP_MEMORY_LIMIT"}
MAGIC = [0xdead, 0xdeadbeef, 0xdadbeef, 0xbeefbeef, 0xfeedbeef, 0xbadbeef, 0xbaddad]
WINDOW = 0x7e9000000000, 0x7e9010400000
PT = {"ioas", "hwpt", "viommu"}
PREFIX_CALLS, PREFIX_LIMIT = 10, 40


def number(value, unit=1, start=0):
    """The shortest value for a number."""
    if value >= start and (value - start) % unit == 0 and (value - start) // unit < 0x80:
        return bytes([(value - start) // unit])
    for n in range(64):
        if value == 1 << n:
            return bytes([0x80 + n])
        if n >= 16 and value == (1 << n) - 1:
            return bytes([0xb0 + n])
    if value == (1 << 64) - 1:
        return b"\xff"
    for code, size, form in ((0xf0, 16, "<H"), (0xf1, 32, "<I"), (0xf2, 64, "<Q")):
        if value < 1 << size:
            return bytes([code]) + struct.pack(form, value)
    return b"\0"


def magic(value):
    return bytes([0x40 + MAGIC.index(value)]) if value in MAGIC else number(value)


def pointer(value):
    if value == 0:
        return b"\x40"
    if WINDOW[0] <= value < WINDOW[1]:
        offset = value - WINDOW[0]
        if offset % 4096 == 0:
            return bytes([offset // 4096 % 16])
        return b"\xf1" + struct.pack("<I", offset % 65536)
    return b"\x41" if value > WINDOW[1] else b"\x44"


class Context:
    """What the harness will know when it makes the calls, in its order."""

    def __init__(self):
        self.ids = collections.defaultdict(list)
        self.files = []

    def identifier(self, kind, value):
        known = self.ids[kind]
        if value in known:
            return bytes([known.index(value)])
        return bytes([0xff if value >= 0x3f else 0xc0 + value])

    def file(self, kind, text):
        if kind == "file":
            return b"\0"
        known = [name for name, cls in self.files if kind in ("any", cls)]
        return bytes([known.index(text)]) if text in known else b"\xff"

    def learn(self, row, outputs):
        for name, kind, cls in row:
            if name not in outputs or not kind.startswith("out"):
                continue
            if kind == "out_fd":
                self.files.append((outputs[name], cls))
                continue
            for group in (cls, "any") + (("pt",) if cls in PT else ()):
                if int(outputs[name], 0) not in self.ids[group]:
                    self.ids[group].append(int(outputs[name], 0))

    def forget(self, value):
        for known in self.ids.values():
            if value in known:
                known.remove(value)


def read_table(path):
    table = {}
    for line in pathlib.Path(path).read_text().splitlines():
        op, name, *fields = line.split()
        row = [(f.split(":") + [""])[:3] for f in fields]
        table[name] = int(op), row
    return table


def argument(context, name, kind, cls, inputs, buffers):
    text = inputs.get(name, "0")
    if kind == "fd":
        return context.file(cls, text)
    try:
        value = int(text, 0)
    except ValueError:
        return b"\0"
    if kind == "id":
        return context.identifier(cls, value)
    shown = re.fullmatch(r"\[((?:[0-9a-f]{2})*)\]", buffers.get("in", ""))
    if kind == "data" and shown and value:
        data = bytes.fromhex(shown.group(1))[:0x40]
        return bytes([len(data)]) + data
    if kind in ("pointer", "data"):
        return pointer(value) if value or kind == "pointer" else b"\0"
    return {"iova": lambda: number(value, 4096, 0x1000000),
            "length": lambda: number(value, 4096),
            "magic": lambda: magic(value)}.get(kind, lambda: number(value))()


def modifiers(text, inputs, has_size):
    flags, extra = 0, b""
    if has_size and "size" in inputs:
        flags, extra = flags | 0x01, extra + number(int(inputs["size"], 0))
    if "!pointer" in text:
        flags, extra = flags | 0x02, extra + b"\x41"
    elif "!readonly" in text:
        flags, extra = flags | 0x02, extra + b"\x42"
    if "!request" in text:
        flags, extra = flags | 0x08, extra + b"\x01"
    if "!mapped" in text:
        flags |= 0x10
    return bytes([flags]) + extra


def encode(line, table, contexts):
    """(context, name, bytes) of a line, or None."""
    match = CALL.match(line)
    if not match:
        return None
    where, name, text, result, rest = match.groups()
    name = OTHER_NAMES.get(name, name)
    if name not in table:
        return None
    context = contexts.setdefault(where, Context())
    op, row = table[name]
    inputs, outputs = dict(PAIR.findall(text)), dict(PAIR.findall(rest))
    has_size = not any(field == "size" for field, _, _ in row)
    out = bytes([op]) + modifiers(text, inputs, has_size)
    for field, kind, cls in row:
        if not kind.startswith("out"):
            out += argument(context, field, kind, cls, inputs, outputs)
    if not result.startswith("-"):
        context.learn(row, outputs)
        if name == "DESTROY" and "id" in inputs:
            context.forget(int(inputs["id"], 0))
    return where, name, out


def pack(calls):
    body = b"".join(calls)
    return b"UIFZ\1\0\0\0C\0" + struct.pack("<H", len(body)) + body


# Threads: what is made first, then the calls of each.  An argument that is not
# named is 0; the n-th object is its number; [n] are n bytes of 0.
VIOMMU = ["IOAS_ALLOC", "BIND device=0", "HWPT_ALLOC flags=1", "VIOMMU_ALLOC type=0x41 data_len=24 data_uptr=[24]"]
DECIDED = {
    "vdevice-viommu": (VIOMMU, ["VDEVICE_ALLOC virt_id=1"], ["DESTROY id=3"]),
    "vdevice-unbind": (VIOMMU, ["VDEVICE_ALLOC virt_id=1", "DESTROY id=4"], ["UNBIND device=0"]),
    "vdevice-twice": (VIOMMU + ["BIND device=1"], ["VDEVICE_ALLOC virt_id=1"],
                      ["VDEVICE_ALLOC dev_id=1 virt_id=1", "UNBIND device=1"]),
    "event-close": (VIOMMU + ["VEVENTQ_ALLOC type=0x43 veventq_depth=2", "VDEVICE_ALLOC virt_id=1"],
                    ["TEST_TRIGGER_VEVENT", "TEST_TRIGGER_VEVENT"],
                    ["READ count=64", "CLOSE fd=0"], ["DESTROY id=4"]),
    "queue": (["IOAS_ALLOC", "IOAS_MAP flags=7 length=16"] + VIOMMU[1:],
              ["HW_QUEUE_ALLOC type=0x41 length=1"], ["HW_QUEUE_ALLOC type=0x41 index=1 length=1"],
              ["IOAS_UNMAP length=16"]),
    "access-unmap": (["IOAS_ALLOC", "IOAS_MAP flags=7 length=4", "TEST_CREATE_ACCESS flags=1"],
                     ["TEST_ACCESS_PAGES length=2", "TEST_DESTROY_ACCESS_PAGES"],
                     ["IOAS_UNMAP length=4"], ["CLOSE fd=0"]),
    "attach": (["IOAS_ALLOC", "IOAS_ALLOC", "BIND device=0"],
               ["ATTACH pt_id=0", "REPLACE pt_id=1", "DETACH"],
               ["HWPT_ALLOC pt_id=1", "DESTROY id=3"], ["DESTROY id=1"]),
    "fault": (["IOAS_ALLOC", "FAULT_QUEUE_ALLOC", "TEST_MOCK_DOMAIN_FLAGS dev_flags=0",
               "HWPT_ALLOC flags=4", "TEST_MOCK_DOMAIN_REPLACE pt_id=2"],
              ["TEST_TRIGGER_IOPF", "TEST_TRIGGER_IOPF grpid=1"],
              ["READ count=64", "CLOSE fd=0"], ["TEST_MOCK_DOMAIN_REPLACE"]),
    "everything-closed": (VIOMMU, ["VDEVICE_ALLOC virt_id=1", "ATTACH pt_id=1"], ["CLOSE fd=3"],
                          ["IOAS_ALLOC", "DESTROY id=0"]),
}
DECISIONS = ((), ((5, 1),), ((20, 1),), ((60, 1), (9, 1)), ((12, 2), (30, 1), (4, 1)))


def plain_call(text, table):
    name, *given = text.split()
    given = dict(pair.split("=") for pair in given)
    op, row = table[name]
    fields = [field for field, kind, _ in row if not kind.startswith("out")]
    assert not set(given) - set(fields), text
    values = [given.get(field, "0") for field in fields]
    return bytes([op, 0]) + b"".join(
        bytes(1 + int(value[1:-1])).replace(b"\0", bytes([int(value[1:-1])]), 1)
        if value[0] == "[" else bytes([int(value, 0)]) for value in values)


def section(tag, body):
    return tag + b"\0" + struct.pack("<H", len(body)) + body


def decided(threads, choices, table):
    """The same calls, by threads, with decisions (all below 0x80)."""
    body = section(b"D", bytes(byte for choice in choices for byte in choice))
    for calls in threads:
        body += section(b"C", b"".join(plain_call(call, table) for call in calls))
    return b"UIFZ\1\0\0\0" + body


def seeds(text, table, per_seed):
    contexts, calls = {}, collections.defaultdict(list)
    for line in text.splitlines():
        call = encode(line, table, contexts)
        if call and call[1] != "OPEN":
            calls[call[0]].append(call[1:])
    for where, made in calls.items():
        prefix = [out for name, out in made[:PREFIX_LIMIT] if name in MAKERS]
        for at in range(0, len(made), per_seed):
            chunk = [out for _, out in made[at:at + per_seed]]
            yield pack((prefix[:PREFIX_CALLS] if at else []) + chunk)


def main():
    table, archive, out = sys.argv[1:4]
    per_seed = int(sys.argv[4]) if len(sys.argv) > 4 else 24
    table, count = read_table(table), 0
    directory = pathlib.Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    for name, threads in DECIDED.items():
        for i, choices in enumerate(DECISIONS):
            (directory / f"decided-{name}-{i}").write_bytes(decided(threads, choices, table))
            count += 1
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if not member.isfile():
                continue
            text = tar.extractfile(member).read().decode()
            stem = pathlib.Path(member.name).stem
            for i, seed in enumerate(seeds(text, table, per_seed)):
                (directory / f"{stem}-{i:02}").write_bytes(seed)
                count += 1
    print(f"{count} seeds in {directory}")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
