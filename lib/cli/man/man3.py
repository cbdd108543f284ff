#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Manual pages of section 3 from the comments of the public headers.

  man3.py OUTDIR HEADER...     writes a page for each function
  man3.py --list HEADER...     names them

A function's comment is '/** name - summary.' with '@parameter: text' lines,
'Context:' and 'Return:' paragraphs and free text between; a header's first
comment says what it is for.
"""
import pathlib
import re
import sys

COMMENT = re.compile(r"/\*\*\s*(?:\n \*)?\s*(\w+) - (.*?)\*/\s*(.*?);", re.S)
SEE_ALSO = 12
PLACE = ("UIOMMUFD_API", "__attribute__((visibility(\"default\")))")


def plain(text):
    """A comment's lines without their stars."""
    lines = (re.sub(r"^\s*\* ?", "", line) for line in text.split("\n"))
    return "\n".join(lines).strip()


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def prototype(text):
    for word in PLACE:
        text = text.replace(word, "")
    return re.sub(r"\s+", " ", text).replace("* ", "*").strip() + ";"


def parse(path):
    """name -> (summary, [(parameter, text)], [paragraph], prototype)"""
    functions = {}
    for name, body, declaration in COMMENT.findall(path.read_text()):
        text = plain(body).replace("; @", "\n@")
        summary, _, rest = text.partition("\n")
        parameters, paragraphs = [], []
        for chunk in re.split(r"\n(?=@)|\n\s*\n|\n(?=Return:|Context:)", rest):
            match = re.match(r"@(\w+)(?:, @(\w+))*: ?(.*)", chunk, re.S)
            if match:
                head = chunk[1:chunk.index(":")].replace("@", "")
                parameters.append((head, match[3].strip()))
            elif chunk.strip():
                paragraphs.append(chunk.strip())
        functions[name] = (summary.rstrip("."), parameters, paragraphs,
                           prototype(declaration))
    return functions


def page(name, header, entry, also):
    summary, parameters, paragraphs, declaration = entry
    out = [f".\\\" Generated from {header}.",
           f".TH {name.upper()} 3 \"\" uiommufd \"Library functions\"",
           ".SH NAME", f"{name} \\- {roff(summary)}", ".SH SYNOPSIS", ".nf",
           f".B #include <uiommufd/{header}>", ".PP",
           f".BI \"{roff(declaration)}\"", ".fi", ".SH DESCRIPTION"]
    body, returns = [], []
    for text in paragraphs:
        text = re.sub(r"@(\w)", r"\1", text)
        where = returns if text.startswith("Return:") else body
        where.append(roff(text.removeprefix("Return:").strip()))
    out += ["\n.PP\n".join(body) if body else f"{roff(summary)}."]
    for head, text in parameters:
        out += [".TP", f".I {roff(head)}", roff(" ".join(text.split()))]
    if returns:
        out += [".SH RETURN VALUE", "\n.PP\n".join(returns)]
    out += [".SH SEE ALSO",
            ",\n".join([f".BR {other} (3)" for other in also if other != name][:SEE_ALSO] +
                       [".BR uiommufd (7)"]).replace(",\n", " ,\n")]
    return "\n".join(out) + "\n"


def main(outdir, *headers):
    for header in map(pathlib.Path, headers):
        functions = parse(header)
        if outdir == "--list":
            print("\n".join(functions))
            continue
        for name, entry in functions.items():
            pathlib.Path(outdir, f"{name}.3").write_text(
                page(name, header.name, entry, list(functions)))


if __name__ == "__main__":
    main(*sys.argv[1:])
