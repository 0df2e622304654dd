"""An SFTP server that misbehaves as told, on loopback. Prints its port; ends with its standard input.

    python sftp_server.py ROOT [--password WORDS] [--prompt] [--key FILE] [--jump] [--scp] [--log FILE] [--gate FILE] [BEHAVIOUR ...]

Behaviours: wrong-size, wrong-time, grows, no-rename, no-setstat, no-remove, silent, trickle, many, local-time, lists-nothing,
list-fails, twice, odd-names, gone, denied, ends-early, read-fails, short-reads, write-fails, loses-bytes, close-fails, no-stat,
no-sizes, no-times, no-kinds, huge-size, far-time, long-reads, hangs-up, removes-nothing, renames-nothing, keeps (removes nothing
as long as the root has a file `keep`), bad-hangs (does not answer to the removal of what is called bad), bad-fails (what is called
bad cannot be read), bad-hangs-up (the connection ends when that is read), drips (512 bytes at a time, one answer after the other),
takes (what is renamed is moved to the folder `taken`, and the connection ends without an answer, once), eats (what was written is
moved there at its close), takes-and-denies (moved as by takes, and the answer is no, once), drops (then the connection ends without an answer, once), races (when FILE.tmp is closed, another FILE is
there).
With --gate it says GATE when it is told to remove or has renamed a file, and goes on only once FILE is there.
"""

import argparse
import asyncio
import os
import stat
import sys

import asyncssh

arguments = argparse.ArgumentParser()
arguments.add_argument("root")
arguments.add_argument("--user", default="acme")
arguments.add_argument("--password")
arguments.add_argument("--prompt", action="store_true", help="ask for the password by keyboard-interactive")
arguments.add_argument("--key", help="public keys that are let in")
arguments.add_argument("--jump", action="store_true", help="let through to other servers")
arguments.add_argument("--scp", action="store_true", help="speak SCP too")
arguments.add_argument("--log")
arguments.add_argument("--gate")
arguments.add_argument("--many", type=int, default=100_000)
arguments.add_argument("behave", nargs="*")
options = arguments.parse_intermixed_args()


def log(words):
    if options.log:
        with open(options.log, "a", encoding="ascii") as file:
            file.write(words + "\n")


async def gate():
    if options.gate:
        log("GATE")
        while not os.path.exists(options.gate):
            await asyncio.sleep(0.01)


one_after_the_other = asyncio.Lock()


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return bool(options.password) and not options.prompt

    def public_key_auth_supported(self):
        return bool(options.key)

    def kbdint_auth_supported(self):
        return options.prompt

    def validate_password(self, username, password):
        log(f"PASSWORD {password == options.password}")
        return username == options.user and password == options.password

    def get_kbdint_challenge(self, username, lang, submethods):
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username, responses):
        log(f"PROMPT {responses == [options.password]}")
        return responses == [options.password]

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        log(f"THROUGH {dest_host}:{dest_port}")
        return options.jump


class Files(asyncssh.SFTPServer):
    def __init__(self, chan):
        super().__init__(chan, chroot=options.root.encode())
        self.looks = 0

    def lied(self, attrs):
        if stat.S_ISREG(attrs.permissions or 0):
            if "wrong-size" in options.behave:
                attrs.size = (attrs.size or 0) + 7
            if "wrong-time" in options.behave:
                self.looks += 1
                attrs.mtime = 1_000_000_000 + self.looks
            if "local-time" in options.behave:
                attrs.mtime = attrs.mtime - 8 * 60 * 60
            if "far-time" in options.behave:
                attrs.mtime = 0xFFFFFFFF
            if "no-times" in options.behave:
                attrs.atime = attrs.mtime = None
            if "huge-size" in options.behave:
                attrs.size = 1 << 62
            if "no-sizes" in options.behave:
                attrs.size = None
            if "no-kinds" in options.behave:
                attrs.permissions = None
        return attrs

    async def scandir(self, path):
        if "lists-nothing" in options.behave:
            return
        if "many" in options.behave and path.rstrip(b"/").endswith(b"out"):
            attrs = asyncssh.SFTPAttrs(size=500, mtime=1_700_000_000, atime=1_700_000_000, permissions=0o100644)
            for number in range(options.many):
                yield asyncssh.SFTPName(b"other-%06d.txt" % number, attrs=attrs)
        for name in os.listdir(self.map_path(path)):
            full = path + b"/" + name
            attrs = asyncssh.SFTPAttrs.from_local(os.lstat(self.map_path(full)))
            yield asyncssh.SFTPName(name, attrs=self.lied(attrs))
            if "twice" in options.behave:
                yield asyncssh.SFTPName(name, attrs=self.lied(attrs))
        if "odd-names" in options.behave:
            attrs = asyncssh.SFTPAttrs(size=5, mtime=1_700_000_000, atime=1_700_000_000, permissions=0o100644)
            for name in [b"../in/x.edi", b"/etc/x.edi", b"..", b"a/b.edi", b"new\nline.edi", b"nul\0.edi", b"\xff\xfe.edi", b".edi"]:
                yield asyncssh.SFTPName(name, attrs=attrs)
        if "list-fails" in options.behave:
            raise asyncssh.SFTPFailure("the folder cannot be read to its end")

    def open(self, path, pflags, attrs):
        if pflags & asyncssh.FXF_READ and not pflags & asyncssh.FXF_WRITE:
            if "gone" in options.behave:
                raise asyncssh.SFTPNoSuchFile("it is gone")
            if "denied" in options.behave:
                raise asyncssh.SFTPPermissionDenied("it is not yours")
        return super().open(path, pflags, attrs)

    def write(self, file_obj, offset, data):
        if "write-fails" in options.behave:
            raise asyncssh.SFTPFailure("the disk is full")
        if "loses-bytes" in options.behave:
            super().write(file_obj, offset, data[:-1])
            return len(data)
        return super().write(file_obj, offset, data)

    def take(self, path):
        taken = os.path.join(options.root, "taken")
        os.makedirs(taken, exist_ok=True)
        number = len(os.listdir(taken))
        os.rename(path, os.path.join(taken, f"{number}-{os.path.basename(os.fsdecode(path))}"))
        return number == 0

    async def close(self, file_obj):
        written = file_obj.writable()
        name = os.fsdecode(file_obj.name)
        super().close(file_obj)
        if "races" in options.behave and written and name.endswith(".tmp") and not os.path.exists(name[:-4]):
            with open(name[:-4], "w", encoding="ascii") as other:
                other.write("something else")
        if "eats" in options.behave and written and "/in/" in name:
            first = self.take(name)
            if "drops" in options.behave and first:
                self.channel.get_connection().abort()
                await asyncio.sleep(3600)
        if "close-fails" in options.behave and written:
            raise asyncssh.SFTPFailure("it could not be kept")

    def stat(self, path):
        if "no-stat" in options.behave:
            raise asyncssh.SFTPOpUnsupported("nothing is told of a single file")
        return self.lied(asyncssh.SFTPAttrs.from_local(super().stat(path)))

    lstat = stat

    async def read(self, file_obj, offset, size):
        if "silent" in options.behave:
            await asyncio.sleep(3600)
        if "trickle" in options.behave:
            await asyncio.sleep(0.05)
            size = min(size, 100)
        if "drips" in options.behave:
            async with one_after_the_other:
                await asyncio.sleep(0.005)
            size = min(size, 512)
        if "bad" in os.path.basename(os.fsdecode(file_obj.name)) and "bad-fails" in options.behave:
            raise asyncssh.SFTPFailure("a bad block")
        if "bad" in os.path.basename(os.fsdecode(file_obj.name)) and "bad-hangs-up" in options.behave:
            self.channel.get_connection().abort()
        if "read-fails" in options.behave and offset + size > 100:
            raise asyncssh.SFTPFailure("a bad block")
        if "ends-early" in options.behave:
            size = max(0, min(size, 100 - offset))
        if "short-reads" in options.behave:
            size = min(size, 7)
        if "hangs-up" in options.behave:
            self.channel.get_connection().abort()
        if "long-reads" in options.behave:
            return super().read(file_obj, offset, size) + b"more"
        if "grows" in options.behave and offset == 0:
            with open(file_obj.name, "ab") as more:
                more.write(b"more")
        return super().read(file_obj, offset, size)

    async def remove(self, path):
        if "no-remove" in options.behave:
            raise asyncssh.SFTPPermissionDenied("nothing is removed here")
        if "removes-nothing" in options.behave:
            return None
        if "keeps" in options.behave and os.path.exists(os.path.join(options.root, "keep")):
            raise asyncssh.SFTPPermissionDenied("it is kept")
        if "bad-hangs" in options.behave and b"bad" in path:
            await asyncio.sleep(3600)
        await gate()
        return super().remove(path)

    async def rename(self, oldpath, newpath):
        if "no-rename" in options.behave:
            raise asyncssh.SFTPOpUnsupported("there is no rename here")
        if "renames-nothing" in options.behave:
            return
        super().rename(oldpath, newpath)
        takes = "takes" in options.behave or "takes-and-denies" in options.behave
        if takes and self.take(self.map_path(newpath)):
            if "takes-and-denies" in options.behave:
                raise asyncssh.SFTPPermissionDenied("it is not yours any more")
            self.channel.get_connection().abort()
            await asyncio.sleep(3600)
        await gate()

    async def posix_rename(self, oldpath, newpath):
        if "no-rename" in options.behave:
            raise asyncssh.SFTPOpUnsupported("there is no rename here")
        super().posix_rename(oldpath, newpath)

    def setstat(self, path, attrs):
        if "no-setstat" in options.behave:
            raise asyncssh.SFTPOpUnsupported("there is no setstat here")
        return super().setstat(path, attrs)

    fsetstat = setstat


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.create_server(
        Server,
        "127.0.0.1",
        0,
        server_host_keys=[key, asyncssh.generate_private_key("ecdsa-sha2-nistp256")],
        authorized_client_keys=options.key,
        sftp_factory=Files,
        allow_scp=options.scp,
    )
    print(server.get_port(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
