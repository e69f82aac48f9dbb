"""Read files of strangers, each in a process with little memory and time: `python -m tests.io.hostile_reading`.

Reads lines of JSON, [reader, path], and answers each with a line: what happened, and what it took.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.motion.files import load_motion
from phynes_core.data.native.parameters import read_body_parameters, read_cameras
from phynes_core.data.public.cameras import read_opencv_yaml
from phynes_core.errors import PhynesError
from phynes_core.io.image_files import picture_size, read_png
from phynes_core.io.meshes import read_obj
from phynes_core.io.restricted_pickle import read_object_array
from phynes_core.render.probes import load_environment_image

READERS = {
    "avatar": load_checkpoint, "body": load_body, "motion": load_motion, "cameras": read_cameras,
    "parameters": read_body_parameters, "yaml": read_opencv_yaml, "picture": read_png, "size": picture_size,
    "mesh": read_obj, "annots": read_object_array, "environment": load_environment_image,
}  # fmt: skip
MOST_BYTES = 500 << 20  # above what the process has at its start
MOST_CPU_SECONDS = 20  # until it is killed
MOST_SECONDS = 300  # of waiting, on a machine however busy


def main() -> None:
    body = load_bundled_body()  # shared by all: it is kept while somebody holds it
    for line in sys.stdin:
        reader, path = json.loads(line)
        print(json.dumps(in_a_child(reader, path)), flush=True)
    del body


def in_a_child(reader: str, path: str) -> dict[str, object]:
    """What reading did: refused, accepted, raised another error, or ended the process."""
    receive, send = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(receive)
        limit()
        answer = attempt(reader, path)
        os.write(send, json.dumps(answer).encode())
        os._exit(0)
    os.close(send)
    with open(receive, "rb") as file:
        answer = file.read()
    _, status = os.waitpid(child, 0)
    told = json.loads(answer) if answer else {"result": f"ended with status {status}", "message": ""}
    return told | {"seconds": time.monotonic() - start}


def limit() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))  # the child begins at 0
    signal.alarm(MOST_SECONDS)


def attempt(reader: str, path: str) -> dict[str, object]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        value = READERS[reader](Path(path))
        result, message = "accepted", type(value).__name__
    except PhynesError as error:
        result, message = "refused", str(error)
    except BaseException as error:  # the tests tell what it was
        result, message = f"raised {type(error).__name__}", repr(error)[:300]
    return {
        "result": result, "message": message,
        "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10,
    }  # fmt: skip


if __name__ == "__main__":
    main()
