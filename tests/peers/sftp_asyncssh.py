"""A partner's script with asyncssh: `sftp_asyncssh.py PORT USER PASSWORD put|get|list|remove|rename|resume ...`."""

import asyncio
import sys

import asyncssh

port, user, password, action, *rest = sys.argv[1:]


async def main():
    options = {"known_hosts": None, "client_keys": None, "agent_path": None, "config": None}
    async with asyncssh.connect("127.0.0.1", int(port), username=user, password=password, **options) as connection:
        async with connection.start_sftp_client() as sftp:
            if action == "version":
                print(asyncssh.__version__)
            elif action == "put":
                await sftp.put(*rest)
            elif action == "get":
                await sftp.get(*rest)
            elif action == "list":
                print("\n".join(await sftp.listdir(*rest)))
            elif action == "remove":
                await sftp.remove(*rest)
            elif action == "rename":
                await sftp.posix_rename(*rest)
            elif action == "resume":
                local, remote = rest
                size = (await sftp.stat(remote)).size
                with open(local, "rb") as source:
                    source.seek(size)
                    async with sftp.open(remote, "r+b") as target:
                        await target.write(source.read(), size)


asyncio.run(main())
