# SPDX-License-Identifier: MIT
"""gdb: objects, XArrays and register blocks as one would read them.

    (gdb) source uiommufd.py          or put it beside the library: see below
    (gdb) print *viommu               an object with its counts in words
    (gdb) print queue->core.viommu->vdevs
    (gdb) info iommufd ICTX           the objects of a context
    (gdb) info registers-of MMIO      a register block, fields decoded

Installed as libuiommufd.so.0-gdb.py it is loaded with the library.  Nothing is
called in the program, so core files work.
"""
import gdb
import gdb.printing

REFCOUNT_SATURATED = -(1 << 30)


def lookup(name):
    return gdb.lookup_type(name)


def pointer_value(pointer):
    return int(pointer.cast(lookup("unsigned long")))


def count_of(refcount):
    value = int(refcount["refs"]["counter"])
    return "saturated" if value <= REFCOUNT_SATURATED // 2 else str(value)


# ---- objects ----

TYPES = {
    "DEVICE": "struct iommufd_device", "IOAS": "struct iommufd_ioas",
    "HWPT_PAGING": "struct iommufd_hwpt_paging",
    "HWPT_NESTED": "struct iommufd_hwpt_nested",
    "ACCESS": "struct iommufd_access", "FAULT": "struct iommufd_fault",
    "VIOMMU": "struct iommufd_viommu", "VDEVICE": "struct iommufd_vdevice",
    "VEVENTQ": "struct iommufd_veventq", "HW_QUEUE": "struct iommufd_hw_queue",
    "SELFTEST": "struct iommufd_selftest",
}


def object_type(obj):
    return str(obj["type"]).removeprefix("IOMMUFD_OBJ_")


def object_text(obj):
    return (f"{object_type(obj)} {int(obj['id'])} users {count_of(obj['users'])} "
            f"wait {count_of(obj['wait_cnt'])}")


class ObjectPrinter:
    """struct iommufd_object"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return object_text(self.value)


class RefcountPrinter:
    """refcount_t"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return count_of(self.value)


# ---- XArrays ----

def entry_text(entry):
    if entry & 3 == 1:
        return f"value {entry >> 1}"
    if entry == 0x406:
        return "zero (reserved)"
    if entry & 3 == 2:
        return f"internal {entry >> 2}"
    return f"{entry:#x}"


def xa_entries(node_entry, first):
    """(index, entry) of a head or slot, in ascending order."""
    if not node_entry:
        return
    if node_entry & 3 != 2 or node_entry <= 4096:
        yield first, node_entry
        return
    node = gdb.Value(node_entry - 2).cast(lookup("struct xa_node").pointer())
    shift = int(node["shift"])
    slots = node["slots"]
    low, high = slots.type.range()
    for offset in range(low, high + 1):
        slot = pointer_value(slots[offset])
        if slot:
            yield from xa_entries(slot, first + (offset << shift))


class XArrayPrinter:
    """struct xarray"""

    def __init__(self, value):
        self.value = value

    def entries(self):
        return list(xa_entries(pointer_value(self.value["xa_head"]), 0))

    def to_string(self):
        return f"xarray of {len(self.entries())}"

    def children(self):
        for index, entry in self.entries():
            yield str(index), entry_text(entry)


# ---- contexts ----

def idmap_entries(idmap):
    """Pointers of LIVE objects, in ascending order of IDs."""
    table = idmap["table"]
    for leaf in range(int(idmap["leaf_count"]) or 1):
        where = idmap["first"] if leaf == 0 else table["leaf"][leaf].dereference()
        low, high = where["entry"].type.range()
        for slot in range(low, high + 1):
            entry = where["entry"][slot]
            if pointer_value(entry) > 1:
                yield entry.cast(lookup("struct iommufd_object").pointer())


class IdmapPrinter:
    """struct idmap"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return f"idmap, {int(self.value['used'])} numbers used"

    def children(self):
        for entry in idmap_entries(self.value):
            yield str(int(entry["id"])), object_text(entry)


class ContextPrinter:
    """struct iommufd_ctx"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "iommufd context"

    def children(self):
        for entry in idmap_entries(self.value["objects"]):
            yield str(int(entry["id"])), object_text(entry)


class InfoIommufd(gdb.Command):
    """info iommufd CONTEXT: the objects of a struct iommufd_ctx *."""

    def __init__(self):
        super().__init__("info iommufd", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("info iommufd: an expression for a struct iommufd_ctx *")
        context = gdb.parse_and_eval(argument)
        for entry in idmap_entries(context["objects"]):
            name = TYPES.get(object_type(entry), "struct iommufd_object")
            print(f"{object_text(entry):44} ({name} *) {pointer_value(entry):#x}")


# ---- registers ----

def decode(fields, value):
    parts = []
    index = 0
    while fields and pointer_value(fields[index]["name"]):
        first, last = int(fields[index]["first_bit"]), int(fields[index]["last_bit"])
        bits = value >> first & (1 << last - first + 1) - 1
        parts.append(f"{fields[index]['name'].string()}={bits:#x}")
        index += 1
    return " ".join(parts)


class InfoRegistersOf(gdb.Command):
    """info registers-of MMIO: the registers of a struct uiommufd_mmio * that are
not 0, with their fields."""

    def __init__(self):
        super().__init__("info registers-of", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("info registers-of: an expression for a "
                               "struct uiommufd_mmio *")
        mmio = gdb.parse_and_eval(argument)
        block = mmio["block"]
        for row in range(int(block["register_count"])):
            register = block["registers"][row]
            cells = max(int(register["count"]), 1) * max(int(register["outer_count"]), 1)
            for index in range(cells):
                value = int(mmio["cells"][int(mmio["first"][row]) + index]["value"])
                if value:
                    print(f"{register['name'].string()}[{index}] = {value:#x} "
                          f"{decode(register['fields'], value)}")


def build():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("uiommufd")
    for name, printer in (("iommufd_object", ObjectPrinter),
                          ("refcount_struct", RefcountPrinter),
                          ("xarray", XArrayPrinter), ("idmap", IdmapPrinter),
                          ("iommufd_ctx", ContextPrinter)):
        printers.add_printer(name, f"^{name}$", printer)
    return printers


gdb.printing.register_pretty_printer(gdb.current_objfile(), build(), replace=True)
InfoIommufd()
InfoRegistersOf()
