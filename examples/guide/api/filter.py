#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a public header and writes what Doxygen understands: the comments are
the kernel's kind ("name - one line", "@parameter: text", "Context:", "Return:"),
and plain comments before or behind a declaration describe it, too."""
import re
import sys

WORDS = {"Context": "@par Context\n", "Return": "@return "}


def escape(text):
    return re.sub(r"([<>#%@\\])", r"\\\1", text)


def parameters(line, known):
    """'@a: x; @b: y' and '@a, @b: x' into one @param each; None: not one."""
    if not re.match(r"@\w+(, @\w+)*:", line):
        return None
    parts = re.split(r"(?:^|; )(@\w+(?:, @\w+)*): ?", line)
    out = []
    for names, text in zip(parts[1::2], parts[2::2]):
        for name in re.findall(r"@(\w+)", names):
            if name in known:
                out.append(f"@param {name} {escape(text)}")
            else:
                out.append(f"\\b {name}: {escape(text)}\n")
    return "\n".join(out)


def names_of(declaration):
    """Parameters of the function that the comment stands before."""
    inside = declaration[declaration.find("(") + 1:]
    return set(re.findall(r"(\w+)\s*(?:\[\w*\])?\s*[,)]", inside))


def block(comment, declaration):
    lines = [re.sub(r"^\s*\*? ?", "", line) for line in
             re.sub(r"^/\*+|\*/$", "", comment).split("\n")]
    known = names_of(declaration)
    out = []
    head = re.match(r"\s*(?:(?:struct|enum) )?\w+(?:\(\))? - (.*)", " ".join(lines[:1]) or "")
    if not head and len(lines) > 1 and not lines[0].strip():
        lines = lines[1:]
        head = re.match(r"(?:(?:struct|enum) )?\w+(?:\(\))? - (.*)", lines[0])
    if head:
        lines = [head[1]] + lines[1:]
    for line in lines:
        section = re.match(r"(Context|Return)(?:, Return)?: ?(.*)", line)
        given = parameters(line, known)
        if given is not None:
            out.append(given)
        elif section:
            out.append("\n" + WORDS[section[1]] + escape(section[2]))
        elif re.match(r"(\t| {3,})", line):
            out.append(escape(line.strip()))
        else:
            out.append(escape(line))
    return "/**\n" + "\n".join(out).rstrip() + "\n*/"


def behind(match):
    text = re.sub(r"\s*\n\s*\*?\s*", " ", match[2]).strip()
    return f"{match[1]} /**< {escape(text)} */"


def convert(text):
    # Examples and tables of a header's head stay as they are written.
    first = re.search(r"/\*(?! SPDX)(.*?)\*/", text, re.S)
    head = first.group(0)
    body = re.sub(r"(?m)^ \* ?", "", head[2:-2]).strip("\n")
    name = sys.argv[1].rsplit("/", 1)[-1]
    title = body.strip().split("\n")[0]
    rest = text[first.end():]
    rest = re.sub(r"(?m)([;,{}]|^\t\w[^\n/]*?,?)[ \t]+/\*(?!\*)([^\n]*(?:\n[ \t]+ \*[^\n]*)*?)\*/(?=[ \t]*$)",
                  behind, rest)
    out, at = [], 0
    for comment in re.finditer(r"(?m)^[ \t]*(/\*(?!\*<)(?:.|\n)*?\*/)", rest):
        if comment.start() < at:
            continue
        after = rest[comment.end():]
        declaration = re.match(r"\s*([^;{]*[;{])", after)
        out.append(rest[at:comment.start()])
        if declaration and not re.match(r"\s*(/\*|#|$)", after):
            out.append(block(comment[1], declaration[1]))
        at = comment.end()
    out.append(rest[at:])
    lines = text[:first.start()].count("\n")
    return ("\n" * lines + f"/** @file {name}\n{escape(title)}\n@verbatim\n{body}\n"
            "@endverbatim\n*/" + "".join(out))


with open(sys.argv[1], encoding="utf-8") as source:
    sys.stdout.write(convert(source.read()))
