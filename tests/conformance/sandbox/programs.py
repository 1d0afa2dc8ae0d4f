"""Programs that the cases name by their file, as text: each prints what a test looks at.

`wilkc.runtime.host.inside` attempts many of the same things in its own words. That is on purpose:
were they one, a fault in it would hide from the tests what it hides from `wilkc verify-host`.
"""

from __future__ import annotations

from typing import Final

PROGRAMS: Final = {
    "./out/forks.py": """
import os, time
made = 0
for number in range(500):
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        break
    made += 1
print(made)
""",
    "./out/inodes.py": """
import os
folder = os.environ["TMPDIR"]
for number in range(300000):
    os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
print("all made")
""",
    "./out/eat.py": """
import time
held = bytearray(128 * 1024 * 1024)
for place in range(0, len(held), 4096):
    held[place] = 1
time.sleep(3)
print("all eaten")
""",
    "./out/spin.py": """
import time
end = time.monotonic() + 2
while time.monotonic() < end:
    pass
print(time.process_time())
""",
    "./scripts/spawn.py": """
import os, subprocess, threading
thread = threading.Thread(target=print, args=("thread",))
thread.start(); thread.join()
for attempt in (os.fork, lambda: subprocess.run(["/bin/true"])):
    try:
        attempt()
        print("started")
    except OSError as error:
        print(error.errno)
""",
    "./scripts/everyday.py": """
import asyncio, os, pty, socket, subprocess, threading
done = []
thread = threading.Thread(target=done.append, args=("thread",))
thread.start(); thread.join()
done.append(subprocess.run(["/bin/echo", "process"], capture_output=True, text=True).stdout.strip())
left, right = socket.socketpair()
left.send(b"pair"); done.append(right.recv(9).decode())
leader, follower = pty.openpty()
os.write(follower, b"terminal"); done.append(os.read(leader, 9).decode())
async def loop():
    process = await asyncio.create_subprocess_exec("/bin/true")
    await process.wait()
    await asyncio.sleep(0)
    return "loop"
done.append(asyncio.run(loop()))
print(*done)
""",
}
