#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: what fixtures and assertions find reaches those who read TAP or JUnit's
XML: a right test is a pass, a wrong one a failure, whether an assertion or the
fixture's end found it."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA, GTEST = sys.argv[1:]
RIGHT = ["right", "ops"]
WRONG = ["leak", "graph", "ops_missing", "ops_extra"]


def run(program, test, *options, **environment):
    done = subprocess.run([program, *options, test], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **environment))
    return done.returncode, done.stdout


def xml_of(text):
    begin, end = text.find("<?xml"), text.find("</testsuites>")
    return ElementTree.fromstring(text[begin:end + len("</testsuites>")])


def junit(test, right):
    status, text = run(CMOCKA, test, CMOCKA_MESSAGE_OUTPUT="XML")
    suites = xml_of(text)
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    found = cases[test].find("failure") is not None or \
        cases[test].find("error") is not None
    return (status == 0) == right and found != right, text


def tap(program, test, right, *options, **environment):
    status, text = run(program, test, *options, **environment)
    passed = re.search(r"^ok 1\b", text, re.M)
    failed = re.search(r"^(not ok 1\b|Bail out!)", text, re.M)
    good = passed and not failed if right else failed and not passed
    return (status == 0) == right and good, text


def main():
    wrong = 0
    for test in RIGHT + WRONG:
        right = test in RIGHT
        for form, (good, text) in {
                "JUnit": junit(test, right),
                "cmocka's TAP": tap(CMOCKA, test, right,
                                    CMOCKA_MESSAGE_OUTPUT="TAP"),
                "GTest's TAP": tap(GTEST, test, right, "--tap")}.items():
            if not good:
                print(f"{test} in {form}:\n{text}")
                wrong += 1
    print(f"{3 * len(RIGHT + WRONG)} results, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
