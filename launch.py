"""Start PhyNES Viewer: `python launch.py --avatar josh.ckpt`, or `python launch.py -h` for every command.

Needs only Python's standard library to start. Where the packages are missing, app/bootstrap/ makes .venv beside this
file, installs them there, and runs this file again inside it.
"""

import sys

if sys.version_info < (3, 11):  # before anything that older Pythons could not even read
    sys.stderr.write(
        "error: this is Python %s at %s, and PhyNES Viewer needs Python 3.11, 3.12 or 3.13: "
        "start launch.py with one of those\n" % (sys.version.split()[0], sys.executable)
    )
    sys.exit(2)

from app.cli import launch

if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))
