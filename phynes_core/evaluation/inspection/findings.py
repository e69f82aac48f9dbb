"""What an inspection says: findings with a level and a remedy, and the sections of its page."""

from dataclasses import dataclass, field

import numpy as np

from phynes_core.evaluation.report.elements import Table
from phynes_core.evaluation.report.svg import Series

GOOD, USABLE, WRONG = "good", "usable", "wrong"
LEVELS = (GOOD, USABLE, WRONG)  # from best to worst
_NAMES_SHOWN = 6


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str  # as "cameras and poses"
    level: str  # GOOD; USABLE: training works, worse than it could; WRONG: mend it before training
    text: str  # what was found, with numbers
    remedy: str = ""  # what to do; empty where nothing needs to be done

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: expected one of {', '.join(LEVELS)}, got '{self.level}'")


@dataclass(frozen=True)
class Plot:
    """One dot a value."""

    title: str
    unit: str
    series: tuple[Series, ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of the page; those of a row stand together."""

    row: str
    title: str
    text: str
    pixels: np.ndarray  # [H, W, 3] uint8 sRGB


@dataclass(frozen=True, eq=False)
class Section:
    """One subject of the page: what was found, the numbers, and how to read them."""

    title: str
    note: str  # what is measured and which values are normal
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    pictures: tuple[Picture, ...] = ()
    drawings: tuple[str, ...] = ()  # <svg> elements


@dataclass(frozen=True, eq=False)
class Inspection:
    """Everything that was found in a capture."""

    name: str
    looked_at: str  # how many cameras, frames and pictures
    sections: tuple[Section, ...] = field(repr=False)

    @property
    def findings(self) -> list[Finding]:
        """The findings of all sections, in order."""
        return [finding for section in self.sections for finding in section.findings]

    @property
    def level(self) -> str:
        """The worst level of all findings."""
        return worst(finding.level for finding in self.findings)


def worst(levels) -> str:
    """The worst of some levels; GOOD for none."""
    return max(levels, key=LEVELS.index, default=GOOD)


def level_of(value: float, usable: float, wrong: float) -> str:
    """GOOD up to `usable`, USABLE up to `wrong`, WRONG beyond: for values of which less is better."""
    return GOOD if value <= usable else USABLE if value <= wrong else WRONG


def listed(names: list[str] | list[int], most: int = _NAMES_SHOWN) -> str:
    """Names in a sentence: the first ones, and how many more there are."""
    words = [str(name) for name in names]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
