# SPDX-License-Identifier: MIT
"""The trace-event format, judged strictly: what chrome://tracing and Perfetto
take, and what they take without a word but show wrongly.

wrong(text) returns what is wrong with a file's text, a list of texts."""
import collections
import json

PHASES = set("BEXiIMCsftbne")
METADATA = {"process_name": "name", "thread_name": "name",
            "process_labels": "labels", "process_sort_index": "sort_index",
            "thread_sort_index": "sort_index"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def fields(event):
    """What every event must have, by its phase."""
    phase = event.get("ph")
    if phase not in PHASES:
        yield "unknown phase"
        return
    if not is_integer(event.get("pid")):
        yield "no pid"
    of_process = phase == "M" and event.get("name", "").startswith("process_")
    if not of_process and not is_integer(event.get("tid")):
        yield "no tid"
    if phase != "E" and not (isinstance(event.get("name"), str) and event["name"]):
        yield "no name"
    if phase != "M" and not (is_number(event.get("ts")) and event["ts"] >= 0):
        yield "no ts"
    if phase == "X" and not (is_number(event.get("dur")) and event["dur"] >= 0):
        yield "no dur"
    if phase in "iI" and event.get("s", "t") not in ("g", "p", "t"):
        yield "bad scope"
    if phase in "sftbne" and "id" not in event:
        yield "no id"
    if phase in "bne" and not event.get("cat"):
        yield "no category"
    args = event.get("args", {})
    if not isinstance(args, dict):
        yield "args are no object"
    elif phase == "C" and not (args and all(map(is_number, args.values()))):
        yield "a counter without numbers"
    elif phase == "M" and METADATA.get(event.get("name")) not in args:
        yield "bad metadata"


def names(events):
    """Each process and track that has events has one name."""
    given, used = collections.Counter(), set()
    for event in events:
        pid, tid = event["pid"], event.get("tid")
        if event["ph"] != "M":
            used |= {("process_name", pid, None), ("thread_name", pid, tid)}
        elif event["name"] == "process_name":
            given[(event["name"], pid, None)] += 1
        elif event["name"] == "thread_name":
            given[(event["name"], pid, tid)] += 1
    for what in sorted(used - set(given), key=str):
        yield f"{what} is missing"
    for what, count in given.items():
        if count > 1:
            yield f"{what} {count} times"


def in_track(events, unfinished):
    """Spans of a track lie beside or inside each other; B and E match."""
    ends, open_spans = [], []
    # At the same time: ends first, then the longest begins.
    for event in sorted((e for e in events if e["ph"] in "BEX"),
                        key=lambda e: (e["ts"], e["ph"] != "E", -e.get("dur", 0))):
        if event["ph"] == "E":
            if not open_spans:
                yield f"E without B at {event['ts']}"
            else:
                open_spans.pop()
            continue
        if event["ph"] == "B":
            open_spans.append(event["name"])
            continue
        # Picoseconds: the last digit of a sum of floats is no overlap.
        start, end = event["ts"], event["ts"] + event["dur"]
        while ends and ends[-1] <= start + 1e-7:
            ends.pop()
        if ends and end > ends[-1] + 1e-7:
            yield f"{event['name']} at {start} overlaps another"
        ends.append(end)
    for name in [] if unfinished else open_spans:
        yield f"{name} has B but no E"


def flows(events):
    steps = collections.defaultdict(list)
    for event in events:
        if event["ph"] in "sftbne":
            kind = "flow" if event["ph"] in "sft" else "async"
            steps[(kind, event.get("cat"), event["id"])].append(event)
    for key, chain in steps.items():
        chain.sort(key=lambda e: e["ts"])
        shape = "".join(e["ph"] for e in chain)
        first, last = ("s", "f") if key[0] == "flow" else ("b", "e")
        if shape[0] != first or shape[-1] != last or shape.count(first) != \
                shape.count(last):
            yield f"{key} is {shape}"


def in_order(events):
    """A track's events come in the order of their times."""
    latest = {}
    for event in events:
        if event["ph"] == "M":
            continue
        track = event["pid"], event["tid"]
        if event["ts"] < latest.get(track, 0):
            yield f"{track} goes back to {event['ts']}"
        latest[track] = event["ts"]


def wrong(text, unfinished=False):
    """@unfinished: what is still going on at the end has no E."""
    try:
        tree = json.loads(text)
    except ValueError as error:
        return [f"no JSON: {error}"]
    if isinstance(tree, list):
        tree = {"traceEvents": tree}
    events = tree.get("traceEvents") if isinstance(tree, dict) else None
    if not isinstance(events, list) or not events:
        return ["no traceEvents"]
    found = [] if tree.get("displayTimeUnit", "ms") in ("ms", "ns") else \
        ["bad displayTimeUnit"]
    for number, event in enumerate(events):
        found += [f"event {number}: {why}: {event}" for why in
                  (fields(event) if isinstance(event, dict) else ["no object"])]
    if found:
        return found[:20]
    tracks = collections.defaultdict(list)
    for event in events:
        if event["ph"] != "M":
            tracks[(event["pid"], event["tid"])].append(event)
    found += names(events)
    found += flows(events)
    found += in_order(events)
    for track, its in tracks.items():
        found += [f"{track}: {why}" for why in in_track(its, unfinished)]
    return found[:20]


def self_test():
    """Each rule is seen broken."""
    def file(*events):
        return json.dumps({"traceEvents": [
            {"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "p"}},
            {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name",
             "args": {"name": "t"}}, *events]})
    span = {"ph": "X", "pid": 1, "tid": 1, "name": "a", "ts": 1, "dur": 4}
    good = [[span], [span, {**span, "ts": 2, "dur": 1}], [span, {**span, "ts": 5}],
            [{**span, "ph": "B"}, {**span, "ph": "E", "ts": 2}],
            [{**span, "ph": "s", "id": 1}, {**span, "ph": "f", "id": 1, "ts": 2}]]
    bad = [[{**span, "ph": "Z"}], [{**span, "ts": "1"}], [{**span, "dur": -1}],
           [{**span, "tid": 2}], [{**span, "pid": 2}], [{**span, "name": ""}],
           [span, {**span, "ts": 3}], [{**span, "ph": "B"}], [{**span, "ph": "E"}],
           [{**span, "ph": "s", "id": 1}], [{**span, "ph": "C", "args": {"a": "b"}}],
           [{**span, "ph": "i", "s": "x"}], [{**span, "ts": 9}, span],
           [{"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "q"}}],
           [{"ph": "M", "pid": 1, "name": "colour", "args": {}}]]
    assert wrong("{") and wrong("[]") and wrong('{"traceEvents":[]}')
    for events in good:
        assert not wrong(file(*events)), (events, wrong(file(*events)))
    for events in bad:
        assert wrong(file(*events)), events


self_test()
