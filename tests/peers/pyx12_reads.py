#!/usr/bin/env python3
"""Lets pyx12, an independent reader, read acknowledgments: prints what it complains of, and ends with 1 when it does.

    pyx12_reads.py FILE...

pyx12 knows the health care guides only. So what those do not have is replaced before, and nothing else: qualifiers in ISA by ZZ, groups
and sets of warehouses by claims (HC, 837, CLM01), releases by those of the guides. A TA1 before a group is left out: pyx12 takes it for an
interchange without groups. It has no table of the 997 in 005010.
"""

import io
import logging
import sys

import pyx12.params
import pyx12.x12n_document


def adapted(text):
    """The acknowledgment in the words of a health care guide."""
    segments = [segment.strip() for segment in text.split("~") if segment.strip()]
    newer = any(segment.startswith("GS*") and segment.split("*")[8].startswith("005") for segment in segments)
    form = next((segment.split("*")[1] for segment in segments if segment.startswith("ST*")), "")
    out = []
    for segment in segments:
        elements = segment.split("*")
        tag = elements[0]
        if tag == "ISA":
            elements[5] = elements[7] = "ZZ"
            if newer:
                elements[11], elements[12] = "^", "00501"
        elif tag == "TA1" and any(other.startswith("GS*") for other in segments):
            continue
        elif tag == "GS":
            elements[8] = "005010X231A1" if form == "999" else "004010"
        elif tag == "ST" and form == "999":
            elements[3:] = ["005010X231A1"]
        elif tag == "AK1":
            elements[1] = "HC"
            if newer:
                elements[3:] = ["005010X222A1"]
        elif tag == "AK2":
            elements[1] = "837"
            if form == "999":
                elements[3:] = ["005010X222A1"]
        elif tag == "CTX" and ">" in elements[1]:
            elements[1] = "CLM01" + elements[1][elements[1].index(">"):]
        out.append("*".join(elements) + "~\n")
    return "".join(out)


def complaints(text):
    """What pyx12 says of it."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logger = logging.getLogger("pyx12")
    logger.handlers = [handler]
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        fine = pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(adapted(text)), io.StringIO(), None, None)
    except Exception as error:  # what it cannot read at all it says so
        return f"{type(error).__name__}: {error}"
    return "" if fine else log.getvalue()


def main():
    bad = 0
    for name in sys.argv[1:]:
        with open(name, encoding="ascii") as file:
            text = file.read()
        # One interchange at a time: pyx12 counts groups over all of them.
        for part in text.split("ISA*")[1:]:
            said = complaints("ISA*" + part)
            if said:
                bad += 1
                print(f"{name}:\n{said}")
    print(f"{len(sys.argv) - 1} files, {bad} interchanges with complaints")
    return 1 if bad else 0


sys.exit(main())
