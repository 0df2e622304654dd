#!/usr/bin/env python3
"""Cuts the power under a gateway at random moments and judges what it finds on the disk afterwards.

A kill leaves the kernel alive, which still writes everything; a power failure does not. Here the gateway's home lies on a
file system of its own, in the file of a disk that can be cloned in an instant (a reflink). The clone holds what the disk held
at that moment, and nothing of what only the kernel's memory held. The gateway is killed, the clone takes the disk's place, the
file system replays its journal, and the gateway starts on it.

With `--cache` the disk has a memory of its own, as most disks have, which is lost too: only what was flushed is in the clone.
Needs root, Linux, btrfs and `btrfs-progs`. See README.md.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import mmap
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

PARTNER = "alder"
FICLONE = 0x40049409
MIB = 1 << 20
# Longest wait for anything, in seconds.
PATIENCE = 120
FILE_SYSTEMS = {
    "ext4": ("mkfs.ext4", "-q", "-F", "{image}", "{mib}M"),
    "xfs": ("mkfs.xfs", "-q", "-f", "-d", "size={mib}m", "{image}"),
    "btrfs": ("mkfs.btrfs", "-q", "-f", "-b", "{mib}m", "{image}"),
}


class Fault(Exception):
    """The gateway did not keep what it promises."""


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout.strip()


def sync(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def entries(folder):
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def visible(folder):
    return [name for name in entries(folder) if not name.startswith(".")]


def large(database):
    """Files of the spool that hold what is on record, with their SHA-256."""
    rows = database.execute("SELECT path, sha256 FROM contents WHERE place = 'file'")
    return {os.path.basename(path): sha256 for path, sha256 in rows}


def record(data):
    """The gateway's database, to be read and closed."""
    return contextlib.closing(sqlite3.connect(f"file:{data / 'crossdock.db'}?mode=ro", uri=True))


# --- The disk -------------------------------------------------------------------------------------------------------------


class Mounted:
    """A file system in a file, mounted through a loop device."""

    def __init__(self, image, at, options=""):
        self.image, self.at = image, at
        at.mkdir(exist_ok=True)
        self.loop = run("losetup", "--find", "--show", image)
        run("mount", *(["-o", options] if options else []), self.loop, at)

    def down(self):
        run("umount", self.at)
        run("losetup", "--detach", self.loop)


def make(image, mib, kind, spare=0):
    """A file of that size with a file system, which leaves `spare` MiB at the end of it alone."""
    with open(image, "wb") as file:
        file.truncate(mib * MIB)
    run(*(word.format(image=image, mib=mib - spare) for word in FILE_SYSTEMS[kind]))


class Disk:
    """The disk that the gateway's home is on: `outer/top.img` is what a cut clones.

    Without a cache that is the disk itself. With one it is a file system that holds the disk as a file: the memory of the
    kernel for this file is the cache of the disk, and a flush of the disk is an fsync of the file.
    """

    def __init__(self, at, kind, cache):
        self.at, self.kind, self.cache = at, kind, cache
        make(at / "outer.img", 6144, "btrfs")
        self.outer = Mounted(at / "outer.img", at / "outer", "noatime")
        self.top, self.clone, self.home = at / "outer/top.img", at / "outer/cut.img", at / "mounted"
        self.layers = []
        if cache:
            make(self.top, 1024, "ext4")
            self.up_to_the_cache()
            make(self.image, 512, kind, spare=1)
            with open(self.image, "rb+") as file:
                os.posix_fallocate(file.fileno(), 0, 512 * MIB)
            self.down()
        else:
            make(self.top, 512, kind, spare=1)

    @property
    def image(self):
        return self.at / "cached/disk.img" if self.cache else self.top

    def up_to_the_cache(self):
        if self.cache:
            self.layers.append(Mounted(self.top, self.at / "cached", "commit=600"))

    def up(self):
        self.up_to_the_cache()
        self.layers.append(Mounted(self.image, self.home, {"xfs": "nouuid"}.get(self.kind, "")))

    def down(self):
        while self.layers:
            self.layers.pop().down()
        if self.kind == "btrfs":
            # The clone has the same name for itself as the disk that it is a clone of.
            subprocess.run(["btrfs", "device", "scan", "--forget"], capture_output=True)

    def cut(self):
        """Clones what the disk holds at this moment."""
        with open(self.top, "rb") as source, open(self.clone, "wb") as target:
            fcntl.ioctl(target.fileno(), FICLONE, source.fileno())

    def after_the_cut(self):
        """The clone takes the disk's place; `cut.img` stays as the power failure left it."""
        self.down()
        os.remove(self.top)
        with open(self.clone, "rb") as source, open(self.top, "wb") as target:
            fcntl.ioctl(target.fileno(), FICLONE, source.fileno())
        self.up()

    def gone(self):
        self.down()
        self.outer.down()
        os.remove(self.at / "outer.img")


def control(disk):
    """Refuses to go on unless a cut loses what was not synced, and keeps what was."""
    disk.up()
    sync(disk.home)
    (disk.home / "synced").write_bytes(b"x" * 5000)
    sync(disk.home / "synced")
    sync(disk.home)
    (disk.home / "not-synced").write_bytes(b"x" * 5000)
    disk.cut()
    disk.after_the_cut()
    found = {name: (disk.home / name).stat().st_size for name in entries(disk.home) if name.endswith("synced")}
    if found.get("synced") != 5000 or found.get("not-synced", 0) != 0:
        sys.exit(f"control: this cut is none: after it these files were there: {found}")
    disk.down()
    # What was written to the disk and not flushed is lost where it has a cache, and only there.
    disk.up_to_the_cache()
    loop = run("losetup", "--find", "--show", disk.image)
    page = mmap.mmap(-1, 4096)
    opened = os.open(loop, os.O_RDWR | os.O_DIRECT)
    for offset, letter, flush in [(511 * MIB, b"F", True), (511 * MIB + 8192, b"W", False)]:
        page[:] = letter * 4096
        os.pwritev(opened, [page], offset)
        if flush:
            os.fsync(opened)
    disk.cut()
    os.close(opened)
    run("losetup", "--detach", loop)
    disk.after_the_cut()
    with open(disk.image, "rb") as file:
        file.seek(511 * MIB)
        left = file.read(16384)
    kept = (left[0:1] == b"F", left[8192:8193] == b"W")
    if kept != (True, not disk.cache):
        sys.exit(f"control: after the cut the disk held what was flushed: {kept[0]}, what was only written: {kept[1]}")
    disk.down()
    print(f"control: what was not synced was lost (files: {found}), what was written and not flushed was "
          f"{'lost' if disk.cache else 'kept'}")


# --- What goes in ---------------------------------------------------------------------------------------------------------

PROFILE = """name = "alder"
us = { interchange_id = "12/4085551000" }
them = { interchange_ids = ["ZZ/ALDER"] }
time_zone = "UTC"
[[receive]]
document = "x12/945"
[[send]]
canonical = "fulfillment_order"
document = "x12/004010/940"
"""
SETTINGS = '[gateway]\nsweep = "200ms"\nsettle = "200ms"\n[health]\nlisten = "off"\n'


def shipment(number, order):
    return (f"ST*945*{number:04}~\nW06*F*{order}*20260316*BOL-{order}**PO-{order}~\nN1*ST*GRANITE OUTFITTERS*92*0017~\n"
            f"G62*11*20260316~\nW27*U*PRCL**PP~\nLX*1~\nW12*CC*4*4**EA**SK*LAMP-1~\nN9*LI*1~\nW03*4*14*LB~\nSE*10*{number:04}~\n")


def interchange(number, orders):
    sets = "".join(shipment(index + 1, order) for index, order in enumerate(orders))
    return (f"ISA*00*          *00*          *ZZ*ALDER          *12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n"
            f"GS*SW*ALDER*4085551000*20260310*1430*{number}*X*004010~\n{sets}GE*{len(orders)}*{number}~\nIEA*1*{number:09}~\n")


def order_of_the_erp(number):
    ship_to = {"name": "GRANITE OUTFITTERS"}
    lines = [{"line_number": "1", "sku": "TENT", "ordered": {"value": 24, "unit": "EA"}}]
    data = {"order_number": number, "action": "original", "ship_to": ship_to, "lines": lines}
    return json.dumps({"specversion": "1.0", "id": f"erp-{number}", "type": "crossdock.fulfillment_order.submitted",
                       "source": f"/partners/{PARTNER}", "data": data})


class Dropped:
    """A file that went in, or was about to."""

    def __init__(self, text, orders, number=None):
        self.bytes = text.encode()
        self.sha256 = hashlib.sha256(self.bytes).digest()
        self.orders, self.number = orders, number
        self.durable_at = None


class Dropper(threading.Thread):
    """Drops some files at a time until it is told to stop; each is durable before it counts as dropped.

    A careless one syncs nothing; there a file counts once it was seen to be gone from its folder.
    """

    def __init__(self, folder, most, careless, new):
        super().__init__(daemon=True)
        self.folder, self.most, self.careless, self.new = folder, most, careless, new
        self.stop = threading.Event()
        self.fault = None

    def run(self):
        try:
            while not self.stop.wait(random.random() * 0.04):
                self.some([self.new() for _ in range(random.randint(1, self.most))])
        except OSError as fault:
            self.fault = fault

    def some(self, files):
        for name, file in files:
            temporary = self.folder / f".{name}.tmp"
            temporary.write_bytes(file.bytes)
            if not self.careless:
                sync(temporary)
        for name, _ in files:
            os.rename(self.folder / f".{name}.tmp", self.folder / name)
        if not self.careless:
            sync(self.folder)
        while files and not (self.careless and self.stop.is_set()):
            done = [one for one in files if not (self.careless and (self.folder / one[0]).exists())]
            for name, file in done:
                file.durable_at = time.monotonic()
            files = [one for one in files if one not in done]


# --- What came out --------------------------------------------------------------------------------------------------------


class Ledger:
    """What went in and what came out, kept outside of the disk."""

    def __init__(self, careless):
        self.careless = careless
        # What must be there; and what was being dropped when the power was cut, which may be there.
        self.durable, self.perhaps, self.new = {}, {}, {}
        # What came out: folder and name, with the bytes. Whoever takes a file does not sync the folder.
        self.out, self.lying = {}, set()
        self.numbers = iter(range(1, 1 << 30))
        self.again = self.undone = self.there_all_the_same = self.never_there = self.left_over = self.large = 0
        self.half = set()

    def file(self):
        number = next(self.numbers)
        # One in a hundred is large: its bytes stay in the spool.
        count = 320 if random.random() < 0.01 else random.randint(1, 3)
        orders = [f"SO{number:06}-{part}" for part in range(count)]
        return self.add(f"945-{number:06}.edi", Dropped(interchange(number, orders), orders, number))

    def object(self):
        number = f"PO{next(self.numbers):06}"
        return self.add(f"{number}.json", Dropped(order_of_the_erp(number), [number]))

    def add(self, name, file):
        self.new[name] = file
        return name, file

    def look(self, data, all_of_it=False, lay_there=False):
        """Takes what came out, as an ERP and a partner do; some of it later, so that it also lies there at a cut."""
        published = data / "erp/published"
        folders = [published / kind for kind in entries(published)] + [data / "mailboxes" / PARTNER / "outbox"]
        for folder in folders:
            label = str(folder.relative_to(data))
            for name in visible(folder):
                key = (label, name)
                if key not in self.lying:
                    content = (folder / name).read_bytes()
                    before = self.out.setdefault(key, content)
                    if before != content:
                        raise Fault(f"{label}/{name} came again with other bytes")
                    self.again += before is not content and not lay_there
                    self.undone += before is not content and lay_there
                    self.lying.add(key)
                if all_of_it or random.random() < 0.5:
                    os.remove(folder / name)
                    self.lying.discard(key)

    def power_went(self, at):
        """What was dropped counts as it stood then. How much of it had not come out yet: files, objects."""
        published, orders = set(self.published()), {order for _, _, orders in self.sent() for order in orders}
        in_flight = [0, 0]
        for name, file in self.new.items():
            durable = file.durable_at is not None and file.durable_at < at
            (self.durable if durable else self.perhaps)[name] = file
            waits = not set(file.orders) <= (published | orders)
            in_flight[file.number is None] += durable and waits
        self.new = {}
        # What a reader had taken may be there again.
        self.lying = set()
        return in_flight

    def published(self):
        """Event ids of each order, by what was published."""
        found = {}
        for (label, name), content in self.out.items():
            if label.startswith("erp/published"):
                try:
                    event = json.loads(content)
                except ValueError as error:
                    raise Fault(f"{label}/{name} is not whole: {error}") from error
                order = event["data"]["order_number"]
                if name != f"{order}-{event['id']}.json":
                    raise Fault(f"{name} has the event {event['id']} of order {order}")
                found.setdefault(order, set()).add(event["id"])
        return found

    def sent(self):
        """File name, bytes and orders of each interchange that went to the partner."""
        for (label, name), content in self.out.items():
            if label.endswith("outbox"):
                segments = [segment.strip().split("*") for segment in content.decode().split("~")]
                yield name, segments, [segment[2] for segment in segments if segment[0] == "W05"]

    def judge(self, data):
        """Compares what went in, what came out, and the record."""
        with record(data) as database:
            self.judge_by(database, data)

    def judge_by(self, database, data):
        rows = database.execute("SELECT p.file_name, c.sha256 FROM payloads p JOIN contents c ON c.id = p.content").fetchall()
        payloads = {}
        for name, sha256 in rows:
            payloads.setdefault(name, []).append(sha256)
        self.what_was_under_way(payloads)
        faults = []

        def must(held, what):
            if not held:
                faults.append(what)

        for pragma, expected in [("integrity_check", [("ok",)]), ("foreign_key_check", [])]:
            found = database.execute(f"PRAGMA {pragma}").fetchall()
            must(found == expected, f"{pragma}: {found[:5]}")
        for name, file in self.durable.items():
            found = payloads.pop(name, [])
            must(len(found) == 1, f"{name} is {len(found)} payloads")
            must(all(sha256 == file.sha256 for sha256 in found), f"{name} is not whole on record")
        must(not payloads, f"payloads of nothing that was dropped: {sorted(payloads)[:5]}")
        self.judge_events(database, must)
        self.judge_sent(database, must)
        self.judge_folders(database, data, must)
        if faults:
            raise Fault("\n".join(faults[:40]))

    def what_was_under_way(self, payloads):
        """Of a drop that was under way: it is there, and then whole, or not at all."""
        for name, file in self.perhaps.items():
            if name not in payloads:
                self.never_there += 1
            elif self.careless and payloads[name] != [file.sha256]:
                # Its sender did not sync it, and was not told that it is here.
                self.half.add(name)
            else:
                self.there_all_the_same += 1
                self.durable[name] = file
        self.perhaps = {}
        for name in self.half:
            payloads.pop(name, None)

    def judge_events(self, database, must):
        published = self.published()
        expected = {order for file in self.durable.values() if file.number for order in file.orders}
        must(set(published) == expected, f"published: not {sorted(expected - set(published))[:5]}, "
             f"but {sorted(set(published) - expected)[:5]}, which nobody dropped")
        recorded = {}
        for order, event in database.execute(
                "SELECT d.business_number, e.id FROM events e JOIN documents d ON d.id = e.document WHERE d.direction = 'in'"):
            recorded.setdefault(order, set()).add(event)
        for order, ids in published.items():
            must(len(ids) == 1, f"{order} was published as {sorted(ids)}")
            must(recorded.get(order) == ids, f"{order}: published {sorted(ids)}, on record {recorded.get(order)}")

    def judge_sent(self, database, must):
        recorded = dict(database.execute("SELECT d.file_name, c.sha256 FROM deliveries d JOIN contents c ON c.id = d.content"))
        numbers, groups, accepted, orders = [], [], 0, []
        for name, segments, its_orders in self.sent():
            numbers.append(int(segments[0][13]))
            groups += [int(segment[2]) for segment in segments if segment[0] == "AK1"]
            accepted += sum(segment == ["AK5", "A"] for segment in segments)
            orders += its_orders
            content = next(content for (label, other), content in self.out.items() if other == name and "outbox" in label)
            must(recorded.get(name) == hashlib.sha256(content).digest(), f"{name} was sent, and the record says something else")
        must(sorted(numbers) == list(range(1, len(numbers) + 1)),
             f"control numbers: {sorted(numbers)[:5]}... {len(set(numbers))} different ones in {len(numbers)} interchanges")
        files = [file for file in self.durable.values() if file.number]
        must(sorted(groups) == sorted(file.number for file in files),
             f"997s: not for {sorted({file.number for file in files} - set(groups))[:5]}, {len(groups)} for {len(files)}")
        must(accepted == sum(len(file.orders) for file in files), f"{accepted} sets were accepted")
        expected = [order for file in self.durable.values() if not file.number for order in file.orders]
        must(sorted(orders) == sorted(expected), f"orders sent: {len(orders)}, submitted: {len(expected)}, "
             f"missing {sorted(set(expected) - set(orders))[:5]}")

    def judge_folders(self, database, data, must):
        # Half of an object that its sender did not sync is refused.
        half = tuple(f"{Path(name).stem}-" for name in self.half)
        for folder in ["erp/refused", "erp/submitted", f"mailboxes/{PARTNER}/inbox"]:
            left = [name for name in visible(data / folder) if not (folder == "erp/refused" and name.startswith(half))]
            must(not left, f"left in {folder}: {left[:5]}")
        files = large(database)
        self.large = len(files)
        must(visible(data / "spool") == sorted(files), f"left in the spool: {visible(data / 'spool')[:5]}, on record {len(files)}")
        for name, sha256 in files.items():
            path = data / "spool" / name
            must(path.exists() and hashlib.sha256(path.read_bytes()).digest() == sha256, f"spool/{name} is not whole")
        hidden = [path for path in data.rglob(".*.tmp") if path.parent.name not in ("inbox", "submitted")]
        self.left_over = len(hidden)


# --- The gateway ----------------------------------------------------------------------------------------------------------


class Gateway:
    def __init__(self, program, home, log):
        self.log = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen([program, "serve", "--home", home], stdout=subprocess.DEVNULL, stderr=file)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def quiet(self, data, ledger):
        """Waits until nothing waits any more."""
        until = time.monotonic() + PATIENCE
        waiting = "the record"
        while waiting:
            if self.process.poll() is not None:
                raise Fault(f"the gateway ended with {self.process.returncode}; see {self.log}")
            if time.monotonic() > until:
                raise Fault(f"after {PATIENCE} s there waits still: {waiting}; see {self.log}")
            time.sleep(0.02)
            ledger.look(data)
            waiting = what_waits(data)
        ledger.look(data, all_of_it=True)


def what_waits(data):
    for folder in [data / "erp/submitted", data / "mailboxes" / PARTNER / "inbox"]:
        if names := visible(folder):
            return f"{folder.name} {names[:3]}"
    try:
        with record(data) as database:
            if left := set(visible(data / "spool")) - set(large(database)):
                return f"spool {sorted(left)[:3]}"
            for table, states in [("payloads", "'received'"), ("documents", "'staged', 'queued'"),
                                  ("deliveries", "'collecting', 'waiting'")]:
                count, = database.execute(f"SELECT count(*) FROM {table} WHERE state IN ({states})").fetchone()
                if count:
                    return f"{count} {table}"
            last, = database.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
            cursor = database.execute("SELECT sequence FROM cursors WHERE subscriber = 'erp-folder'").fetchone() or (0,)
            return f"{last - cursor[0]} events" if cursor[0] < last else ""
    except sqlite3.OperationalError as error:
        return f"the record: {error}"


# --- The rounds -----------------------------------------------------------------------------------------------------------


def serve_and_cut(disk, ledger, gateway, data):
    """Files and objects go in, what comes out is taken, and the power goes. What was in flight then."""
    inbox, submitted = data / "mailboxes" / PARTNER / "inbox", data / "erp/submitted"
    droppers = [Dropper(inbox, 8, ledger.careless, ledger.file) for _ in range(3)]
    droppers += [Dropper(submitted, 3, ledger.careless, ledger.object)]
    for dropper in droppers:
        dropper.start()
    end = time.monotonic() + 0.1 + random.random() * 1.2
    while time.monotonic() < end:
        ledger.look(data)
        time.sleep(random.random() * 0.03)
    # Nothing is looked at any more: what the gateway does from here on will never have been.
    at = time.monotonic()
    disk.cut()
    gateway.kill()
    for dropper in droppers:
        dropper.stop.set()
        dropper.join()
        if dropper.fault:
            raise dropper.fault
    return ledger.power_went(at)


def rounds(options, disk, ledger, log):
    home, program = disk.home, options.gateway
    data = home / "data"
    disk.up()
    for folder in ["partner-profiles", f"data/mailboxes/{PARTNER}/inbox", "data/erp/submitted"]:
        (home / folder).mkdir(parents=True)
    (home / "partner-profiles/alder.toml").write_text(PROFILE)
    (home / "crossdock.toml").write_text(SETTINGS)
    os.sync()
    gateway = Gateway(program, home, log)
    gateway.quiet(data, ledger)
    in_flight = []
    try:
        for number in range(1, options.rounds + 1):
            in_flight.append(serve_and_cut(disk, ledger, gateway, data))
            disk.after_the_cut()
            ledger.look(data, lay_there=True)
            gateway = Gateway(program, home, log)
            # At times the power goes again before everything is done.
            if number < options.rounds and random.random() < 0.25:
                continue
            gateway.quiet(data, ledger)
            ledger.judge(data)
            if number % 10 == 0:
                print(f"{number} cuts, {len(ledger.durable)} files and objects so far", flush=True)
        with record(data) as database:
            there, = database.execute("SELECT coalesce(sum(repeated), 0) FROM cursors").fetchone()
    finally:
        gateway.kill()
    return in_flight, there


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gateway", help="the program `crossdock`")
    parser.add_argument("--at", type=Path, default=Path("/var/tmp/crossdock-power"), help="folder to work in; made, and removed")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--inner", choices=FILE_SYSTEMS, default="ext4", help="the file system of the home")
    parser.add_argument("--cache", action="store_true", help="the disk has a cache, which is lost too")
    parser.add_argument("--careless", action="store_true", help="senders sync nothing; a file that is gone from its folder counts")
    options = parser.parse_args()
    random.seed(options.seed)
    options.gateway = os.path.abspath(options.gateway)
    options.at.mkdir(parents=True)
    ledger, log = Ledger(options.careless), options.at / "serve.log"
    disk = Disk(options.at, options.inner, options.cache)
    try:
        control(disk)
        in_flight, there = rounds(options, disk, ledger, log)
    except Fault as fault:
        print(f"FAULT\n{fault}\nThe home is kept at {disk.home}, the disk as the power failure left it in {disk.clone}, "
              f"the log in {log}", flush=True)
        sys.exit(1)
    files = [file for file in ledger.durable.values() if file.number]
    mean = [sum(one) / len(in_flight) for one in zip(*in_flight)]
    print(f"{options.rounds} cuts on {options.inner}{', disk with a cache' if options.cache else ''}"
          f"{', senders without sync' if options.careless else ''}: {len(files)} files ({ledger.large} large) with "
          f"{sum(len(file.orders) for file in files)} shipments, {len(ledger.durable) - len(files)} orders: 0 lost, 0 doubled")
    print(f"in flight at a cut, on average: {mean[0]:.0f} files and {mean[1]:.0f} objects; under way to the inbox: "
          f"{ledger.there_all_the_same} there, {ledger.never_there} not, {len(ledger.half)} half")
    print(f"put again, byte-identical: {ledger.again}; found there and not put again: {there}; lay there again since their "
          f"reader's removal was lost: {ledger.undone}; temporary files left over: {ledger.left_over}")
    disk.gone()
    shutil.rmtree(options.at)


if __name__ == "__main__":
    main()
