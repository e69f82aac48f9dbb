"""Serve an avatar's page to this machine alone: for a browser at the other end of an SSH tunnel, and while it trains.

The page comes from 127.0.0.1. The printed address holds a random token, and without it nobody sees anything
(docs/security.md).

examples:
  python launch.py serve --avatar josh.ckpt
  python launch.py serve --avatar josh.ckpt --port 9000 --probes studio,sunset --motions walk,dance_a
  python launch.py serve --avatar runs/josh/avatar.ckpt --watch           as a training run learns
"""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from app.serving.server import DEFAULT_PORT


@dataclass(frozen=True)
class Serve:
    """Options of `serve`."""

    avatar: str
    """A .ckpt file, or its bare name in checkpoints/."""
    port: int = DEFAULT_PORT
    """Of 127.0.0.1; 0 takes a free one."""
    watch: bool = False
    """Show the avatar anew whenever its file changes. The file may be missing at first."""
    probes: Annotated[str, tyro.conf.arg(metavar="NAME,...")] = ""
    """Environments beside the learned light, by name or path; as `export` chooses them when left out."""
    motions: Annotated[str, tyro.conf.arg(metavar="NAME,...")] = ""
    """Clips, by name or path; as `export` chooses them when left out."""
    with_licensed_body: bool = False
    """Serve an avatar that stands on a licensed body: whoever opens the page can save that body."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


def run(args: Serve) -> int:
    """Serve until Ctrl+C."""
    from app.serving.page_recipe import PageRecipe, served_path
    from app.serving.served_avatar import ServedAvatar, invitation

    path = served_path(args.avatar, is_watched=args.watch)
    recipe = PageRecipe(
        path, args.probes, args.motions, args.with_licensed_body, args.smpl, args.smpl_uv, has_still=not args.watch
    )
    served = ServedAvatar(path, recipe.make, args.port, args.watch, say=lambda line: print(line, file=sys.stderr))
    print(invitation(served.server.address, path.name))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs that ignore it
    print("Ctrl+C ends it.", flush=True)
    served.run()
    print("no longer served")
    return 0
