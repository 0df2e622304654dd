#!/usr/bin/env python3
"""Writes the dictionary's data files from a folder of X12 facts.

    python3 src/x12/dictionary/import.py FACTS

FACTS holds, as JSON: RELEASE/{segments,elements,composites}.json, RELEASE/sets/NNN.json, codes/{core,extra}.json and
envelope.json.  What is written: data/ (text, one fact a line, described in data/README.md) and files.rs, the table that
compiles it in.  To add a set or a release, add its JSON and run this again, or write the text files by hand and
add them to files.rs.  Standard library only; it stops at the first fact that the text format cannot hold.
"""
import json
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def word(text):
    """An id, code or number: stands between blanks."""
    if not re.fullmatch(r"[!-{}~]+", text):
        raise SystemExit(f"not one plain word: {text!r}")
    return text


def name(text):
    """A name: stands between ' | '."""
    if not text or " | " in text or text != " ".join(text.split()):
        raise SystemExit(f"not a plain name: {text!r}")
    return text


def row(*columns):
    return " | ".join(columns).rstrip(" |")


def count(number):
    return ">1" if number == -1 else str(number)


def by_bytes(table):
    return sorted(table.items(), key=lambda entry: entry[0].encode())


def segment_rows(segments):
    for tag, segment in by_bytes(segments):
        uses = [
            word(use[0]) + use[1] + (f"*{count(use[2])}" if len(use) > 2 else "") for use in segment["elements"]
        ]
        yield row(word(tag), name(segment["name"]), " ".join(uses), " ".join(segment.get("syntax", ())))


def element_rows(elements):
    for number, element in by_bytes(elements):
        form = f"{element['type']} {element['min']}/{element['max']}"
        yield row(word(number), name(element["name"]), form + (" external" if element.get("ext") else ""))


def set_rows(table):
    yield row(word(table["set"]), name(table["name"]), word(table["group"]))

    def items(rows, indent):
        for item in rows:
            if "loop" in item:
                first = item["items"][0]
                if (first.get("seg"), first["req"], first["max"]) != (item["trigger"], "M", 1):
                    raise SystemExit(f"{table['set']}: loop {item['trigger']} does not open with its trigger")
                yield f"{indent}loop {word(item['loop'] or '-')} {item['req']} {count(item['repeat'])}"
                yield from items(item["items"], indent + "  ")
            else:
                yield f"{indent}{word(item['seg'])} {item['req']} {count(item['max'])} {item['pos'] or '-'}"

    for area in table["areas"]:
        yield area["area"]
        yield from items(area["items"], "  ")


def code_rows(lists, releases):
    for number, codes in by_bytes(lists):
        yield row(word(number), name(codes["name"]))
        for code, (meaning, where) in by_bytes(codes["codes"]):
            held = [release for release in releases if release[2] in where]
            text = word(code) + (" " + name(meaning) if meaning else "")
            yield row(text, "" if held == releases else " ".join(held))
        yield ""


def main(facts):
    if DATA.exists():
        for old in DATA.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
    releases = sorted(path.parent.name for path in facts.glob("*/segments.json"))
    rust = [
        "//! Which data files there are: written by `import.py`, do not edit by hand.",
        "",
        "use super::tables::{Files, ReleaseFiles};",
        "",
        '/// See `data/README.md`, "codes.txt".',
        'pub(super) static CODES: &str = include_str!("data/codes.txt");',
        "",
        "/// Oldest first.",
        "pub(super) static RELEASES: &[ReleaseFiles] = &[",
    ]
    for release in releases:
        folder, source = DATA / release, facts / release
        write(folder / "segments.txt", segment_rows(load(source / "segments.json")))
        write(folder / "composites.txt", segment_rows(load(source / "composites.json")))
        write(folder / "elements.txt", element_rows(load(source / "elements.json")))
        rust += ["    ReleaseFiles {", f'        name: "{release}",', "        files: Files {"]
        for part in ("segments", "composites", "elements"):
            rust.append(f'            {part}: include_str!("data/{release}/{part}.txt"),')
        rust += ["        },", "        sets: &["]
        for path in sorted((source / "sets").glob("*.json")):
            write(folder / "sets" / f"{path.stem}.txt", set_rows(load(path)))
            rust.append(f'            include_str!("data/{release}/sets/{path.stem}.txt"),')
        rust += ["        ],", "    },"]
    rust.append("];")

    envelope = load(facts / "envelope.json")
    versions = sorted(version for version in envelope if version.isdigit())
    write(DATA / "envelope" / "elements.txt", element_rows(envelope["elements"]))
    rust += ["", "/// Interchange versions, oldest first.", "pub(super) static ENVELOPES: &[(&str, Files)] = &["]
    for version in versions:
        write(
            DATA / "envelope" / f"{version}.txt", segment_rows({**envelope[version], **envelope["group_segments"]})
        )
        rust += ["    (", f'        "{version}",', "        Files {"]
        rust.append(f'            segments: include_str!("data/envelope/{version}.txt"),')
        rust.append('            composites: "",')
        rust.append('            elements: include_str!("data/envelope/elements.txt"),')
        rust += ["        },", "    ),"]
    rust.append("];")

    lists = {**load(facts / "codes" / "core.json"), **load(facts / "codes" / "extra.json")}
    for number, codes in envelope["codes"].items():
        if number in lists:
            raise SystemExit(f"two lists of codes for element {number}")
        lists[number] = {"name": envelope["elements"][number]["name"], "codes": codes}
    write(DATA / "codes.txt", list(code_rows(lists, releases))[:-1])
    write(HERE / "files.rs", rust)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
