"""A partner's script with paramiko: `sftp_paramiko.py PORT USER PASSWORD put|get|list|remove|rename|resume ...`."""

import sys

import paramiko

port, user, password, action, *rest = sys.argv[1:]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect("127.0.0.1", int(port), user, password, allow_agent=False, look_for_keys=False)
sftp = client.open_sftp()
if action == "version":
    print(paramiko.__version__)
elif action == "put":
    sftp.put(*rest)
elif action == "get":
    sftp.get(*rest)
elif action == "list":
    print("\n".join(sftp.listdir(*rest)))
elif action == "remove":
    sftp.remove(*rest)
elif action == "rename":
    sftp.posix_rename(*rest)
elif action == "resume":
    local, remote = rest
    with open(local, "rb") as source, sftp.open(remote, "ab") as target:
        source.seek(sftp.stat(remote).st_size)
        target.write(source.read())
client.close()
