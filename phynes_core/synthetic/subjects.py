"""Who can be synthesized, and what each is captured with unless the command line says otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from phynes_core.body.model import BodyModel
from phynes_core.errors import CaptureError
from phynes_core.synthetic.ada import dress_ada
from phynes_core.synthetic.josh import dress_josh
from phynes_core.synthetic.subject import Subject


@dataclass(frozen=True)
class SubjectEntry:
    """One subject."""

    dress: Callable[[BodyModel], Subject]
    version: int  # raised whenever geometry or textures change: a half-rendered capture must not mix two
    probe: str  # the training light
    relight: tuple[str, ...]
    motion: tuple[str, ...]
    novel_motion: tuple[str, ...]


SUBJECTS = {
    "josh": SubjectEntry(
        dress_josh, 1, "interior", ("studio", "sunset", "forest"), ("walk", "dance_b", "kick"), ("run", "punch")
    ),
    "ada": SubjectEntry(dress_ada, 1, "courtyard", ("studio", "sunrise", "city"), ("dance_a", "jump"), ("walk",)),
}


def find_subject(name: str) -> SubjectEntry:
    """The subject of this name; CaptureError when there is none."""
    if name not in SUBJECTS:
        raise CaptureError(f"--subject {name}: expected one of {', '.join(SUBJECTS)}")
    return SUBJECTS[name]
