"""Start PhyNES Viewer: `python launch.py --avatar josh.ckpt`, or `python launch.py -h` for every command.

Needs only Python's standard library to start. Where the packages are missing, app/environment.py makes .venv beside
this file, installs them there, and runs this file again inside it.
"""

import sys

if sys.version_info < (3, 11):  # before anything that older Pythons could not even read
    sys.stderr.write(
        "error: this is Python {}.{}.{} at {}, and PhyNES Viewer needs Python 3.11, 3.12 or 3.13: "
        "start launch.py with one of those\n".format(*sys.version_info[:3], sys.executable)
    )
    sys.exit(2)

from app import cli, environment


def main(argv: list[str]) -> int:
    """Hand `argv` to app.cli, in an environment that has the packages its command needs."""
    return cli.guarded(lambda: _start(argv))


def _start(argv: list[str]) -> int:
    command = cli.command_name(argv)
    if command is not None:  # the list of commands and a misspelt command cost no installation
        environment.ensure(command, argv)
    return cli.run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
