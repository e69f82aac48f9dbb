"""Every figure of the paper's tables: by method and by subject, each with the table that it is from.

PhyNES: "Fast and Physically-based Neural Explicit Surface for Relightable Human Avatars" (arXiv 2503.18408). Tables I
to V are the paper's, S-I to S-IV those of its supplement. Figures stand as printed, also where a printed average is not
that of its column (docs/evaluation.md); LPIPS is times 1000 throughout, None is what a table leaves open.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

AVERAGE = "average"
LPIPS_SCALE = 1000.0  # what the paper multiplies LPIPS by
ANISDF, NDF, SANERF, NES, PHYNES = "AniSDF", "NDF", "SANeRF", "NES", "PhyNES"
RELIGHTABLE_AVATAR, NEURAL_BODY, RELIGHTING4D = "Relightable Avatar", "Neural Body", "Relighting4D"
NERFACTOR = "NeRFactor (1 frame)"

Figures = tuple[float | None, ...]


@dataclass(frozen=True)
class PublishedTable:
    """One table as printed."""

    number: str  # "I" to "V", "S-I" to "S-IV"
    data: str  # the data set that it was measured on
    columns: tuple[str, ...]  # with their units
    figures: Mapping[str, Mapping[str, Figures]]  # by method, then by subject or AVERAGE; a figure for each column
    people: Mapping[str, str] = field(default_factory=dict)  # subject -> a second name of that subject

    @property
    def subjects(self) -> tuple[str, ...]:
        """Those with rows of their own."""
        rows = next(iter(self.figures.values()))
        return tuple(subject for subject in rows if subject != AVERAGE)

    def subject_named(self, capture: str) -> str | None:
        """The subject whose name is a word of a capture's name ("CoreView_377", "josh_256"); None: none or several."""
        words = set(re.findall(r"[a-z0-9]+", capture.lower()))
        found = [name for name in self.subjects if words & {name.lower(), self.people.get(name, name)}]
        return found[0] if len(found) == 1 else None


_PICTURES = ("seen pose PSNR, dB", "seen pose LPIPS x 1000", "novel pose PSNR, dB", "novel pose LPIPS x 1000")
_DISTANCES = ("P2S, cm", "CD, cm")
_LIGHT = tuple(
    f"{group} {key}" for group in ("albedo", "visibility", "relighting") for key in ("PSNR, dB", "LPIPS x 1000")
)
_SYNTHETIC_HUMAN, _SYNTHETIC_HUMAN_PP = "SyntheticHuman", "SyntheticHuman++"
# which person each number stands for, after the order of the data set's files: our reading, the paper does not say
_PEOPLE = {
    "S1": "nathan", "S2": "manuel", "S3": "malcolm", "S4": "megan", "S5": "leonard", "S6": "josh", "S7": "jody",
}  # fmt: skip

# fmt: off
PICTURES = PublishedTable("I", "ZJU-MoCap", _PICTURES, {
    ANISDF: {AVERAGE: (27.39, 31.46, 24.90, 36.80)},
    NDF: {AVERAGE: (26.94, 28.68, 24.58, 35.53)},
    SANERF: {AVERAGE: (27.56, 23.18, 24.72, 31.21)},
    NES: {AVERAGE: (27.20, 23.68, 25.34, 29.93)},
    RELIGHTABLE_AVATAR: {AVERAGE: (27.31, 27.43, 24.87, 35.05)},
    PHYNES: {AVERAGE: (27.26, 22.79, 25.40, 29.58)},
})
COST = PublishedTable("II", "512 x 512, mean of 100 pictures on an A100", ("memory, GB", "frames a second"), {
    NDF: {AVERAGE: (5.5, 2.48)},
    ANISDF: {AVERAGE: (11.4, 0.93)},
    NES: {AVERAGE: (3.2, 15.89)},
    RELIGHTING4D: {AVERAGE: (7.2, 0.33)},
    RELIGHTABLE_AVATAR: {AVERAGE: (10.89, 0.21)},
    PHYNES: {AVERAGE: (3.5, 12.27)},
})
RELIGHTABLE = (RELIGHTING4D, RELIGHTABLE_AVATAR, PHYNES)  # by Table II
GEOMETRY = PublishedTable("III", _SYNTHETIC_HUMAN, _DISTANCES, {
    NEURAL_BODY: {AVERAGE: (1.10, 1.16)},
    ANISDF: {AVERAGE: (0.59, 0.73)},
    RELIGHTING4D: {AVERAGE: (1.37, 1.33)},
    RELIGHTABLE_AVATAR: {AVERAGE: (0.42, 0.52)},
    PHYNES: {AVERAGE: (0.50, 0.62)},
})
LIGHT = PublishedTable("IV", _SYNTHETIC_HUMAN_PP, _LIGHT, {
    NERFACTOR: {AVERAGE: (22.23, 226, 11.37, 387, 21.04, 313)},
    RELIGHTING4D: {AVERAGE: (36.15, 29.43, 26.29, 20.96, 33.58, 24.05)},
    RELIGHTABLE_AVATAR: {AVERAGE: (35.24, 28.91, 35.10, 16.54, 35.30, 21.53)},
    PHYNES: {AVERAGE: (35.25, 28.88, 34.52, 20.08, 35.33, 21.28)},
})
SPEED_COLUMNS = ("training", "frames a second")  # the last two of Table IV, where bounds stand instead of figures
LIGHT_SPEED = {
    NERFACTOR: ("over 50 h", "under 0.3"),
    RELIGHTING4D: ("over 40 h", "under 0.3"),
    RELIGHTABLE_AVATAR: ("over 50 h", "under 0.5"),
    PHYNES: ("5 h", "over 12"),
}
MESH_LOSSES = PublishedTable("V", _SYNTHETIC_HUMAN, _DISTANCES, {
    "without mesh losses": {AVERAGE: (0.54, 0.68)},
    "with mesh losses": {AVERAGE: (0.50, 0.62)},
})
MINUTES_OF_500_STEPS = {"plain maps": 10.0, "hash encoding": 3.0}  # Sec. III-E of the text, which has no table of them

PICTURES_BY_SUBJECT = PublishedTable("S-I", "ZJU-MoCap", _PICTURES, {
    ANISDF: {
        "377": (27.44, 21.41, 25.14, 23.51),
        "386": (28.29, 27.66, 26.77, 32.19),
        "387": (25.71, 42.15, 23.33, 43.73),
        "392": (28.81, 32.95, 25.66, 39.96),
        "393": (26.74, 33.11, 23.47, 44.64),
        AVERAGE: (27.39, 31.46, 24.90, 36.80),
    },
    NDF: {
        "377": (26.84, 23.23, 24.59, 26.32),
        "386": (28.21, 22.05, 26.32, 28.93),
        "387": (24.52, 37.31, 22.40, 40.73),
        "392": (28.39, 29.87, 25.61, 39.05),
        "393": (26.73, 30.98, 24.02, 42.66),
        AVERAGE: (26.94, 28.68, 24.58, 35.53),
    },
    SANERF: {
        "377": (27.13, 19.01, 24.87, 22.22),
        "386": (28.58, 18.10, 26.43, 24.89),
        "387": (25.93, 30.65, 22.84, 36.85),
        "392": (29.03, 22.56, 25.49, 33.03),
        "393": (27.18, 25.56, 24.02, 39.10),
        AVERAGE: (27.56, 23.18, 24.72, 31.21),
    },
    NES: {
        "377": (27.01, 19.62, 25.13, 22.74),
        "386": (28.07, 22.27, 27.20, 27.48),
        "387": (26.06, 26.96, 23.60, 29.75),
        "392": (28.09, 23.90, 26.26, 31.06),
        "393": (26.78, 25.63, 24.50, 38.60),
        AVERAGE: (27.20, 23.68, 25.34, 29.93),
    },
    RELIGHTABLE_AVATAR: {
        "377": (26.77, 20.67, 25.00, 23.12),
        "386": (28.01, 29.76, 26.81, 31.87),
        "387": (26.09, 28.71, 23.35, 35.71),
        "392": (28.91, 31.24, 25.22, 41.89),
        "393": (26.75, 26.77, 23.97, 42.65),
        AVERAGE: (27.31, 27.43, 24.87, 35.05),
    },
    PHYNES: {
        "377": (27.02, 19.77, 25.12, 22.72),
        "386": (28.10, 18.09, 27.18, 27.51),
        "387": (26.30, 26.52, 23.59, 29.33),
        "392": (28.08, 23.93, 26.60, 29.76),
        "393": (26.79, 25.66, 24.51, 38.57),
        AVERAGE: (27.26, 22.79, 25.40, 29.58),
    },
})
GEOMETRY_BY_SUBJECT = PublishedTable("S-II", _SYNTHETIC_HUMAN, _DISTANCES, {
    NEURAL_BODY: {
        "S1": (1.29, 1.21), "S2": (1.20, 1.12), "S3": (1.60, 1.67), "S4": (0.98, 1.11), "S5": (0.98, 0.99),
        "S6": (0.87, 1.02), "S7": (0.80, 0.99), AVERAGE: (1.10, 1.16),
    },
    ANISDF: {
        "S1": (0.62, 0.65), "S2": (0.67, 0.66), "S3": (0.93, 1.24), "S4": (0.59, 0.74), "S5": (0.42, 0.54),
        "S6": (0.54, 0.78), "S7": (0.35, 0.50), AVERAGE: (0.59, 0.73),
    },
    RELIGHTING4D: {
        "S1": (1.67, 1.58), "S2": (1.54, 1.44), "S3": (1.77, 1.61), "S4": (1.22, 1.13), "S5": (1.25, 1.21),
        "S6": (1.10, 1.21), "S7": (1.07, 1.10), AVERAGE: (1.37, 1.33),
    },
    RELIGHTABLE_AVATAR: {
        "S1": (0.51, 0.53), "S2": (0.49, 0.46), "S3": (0.56, 0.67), "S4": (0.39, 0.53), "S5": (0.35, 0.45),
        "S6": (0.34, 0.54), "S7": (0.27, 0.44), AVERAGE: (0.42, 0.52),
    },
    PHYNES: {
        "S1": (0.58, 0.57), "S2": (0.60, 0.60), "S3": (0.73, 0.98), "S4": (0.46, 0.61), "S5": (0.39, 0.50),
        "S6": (0.43, 0.63), "S7": (0.30, 0.47), AVERAGE: (0.50, 0.62),
    },
}, _PEOPLE)
MESH_SPLIT = PublishedTable("S-III", _SYNTHETIC_HUMAN, ("minutes an epoch", *_DISTANCES), {
    "mesh split": {AVERAGE: (50.0, 0.51, 0.63)},
    "no mesh split": {AVERAGE: (3.0, 0.50, 0.62)},
})
LIGHT_BY_SUBJECT = PublishedTable("S-IV", _SYNTHETIC_HUMAN_PP, _LIGHT, {
    NERFACTOR: {
        "jody": (17.74, 201, 16.12, 283, 21.66, 224),
        "josh": (29.14, 167, 14.85, 291, 24.68, 228),
        "megan": (15.11, 394, 7.41, 538, 14.06, 472),
        "leonard": (26.93, 143, 7.09, 435, 23.77, 326),
        "malcolm": (None,) * 6,
        "nathan": (None,) * 6,
    },
    RELIGHTING4D: {
        "jody": (34.02, 34.73, 24.09, 29.99, 30.14, 31.04),
        "josh": (35.42, 48.98, 23.67, 32.16, 31.53, 39.71),
        "megan": (38.95, 14.06, 27.94, 10.72, 33.86, 11.79),
        "leonard": (36.23, 47.39, 23.46, 32.70, 33.54, 39.06),
        "malcolm": (42.19, 8.32, 32.20, 4.86, 38.38, 7.91),
        "nathan": (30.09, 23.11, 26.35, 15.28, 34.03, 14.77),
    },
    RELIGHTABLE_AVATAR: {
        "jody": (33.03, 34.91, 33.69, 22.22, 33.41, 27.55),
        "josh": (33.78, 45.87, 32.19, 26.36, 33.29, 32.83),
        "megan": (36.40, 14.09, 37.01, 8.79, 35.97, 11.61),
        "leonard": (33.09, 46.57, 32.98, 26.90, 35.69, 32.86),
        "malcolm": (39.04, 9.30, 38.15, 5.05, 39.75, 8.36),
        "nathan": (36.10, 22.70, 36.59, 9.90, 33.66, 15.94),
    },
    PHYNES: {
        "jody": (33.25, 34.56, 32.52, 24.65, 33.59, 26.59),
        "josh": (33.69, 44.56, 31.67, 29.86, 33.32, 32.56),
        "megan": (35.95, 15.30, 36.86, 12.05, 35.95, 12.71),
        "leonard": (33.27, 47.40, 31.96, 30.65, 35.65, 33.57),
        "malcolm": (38.94, 8.56, 37.56, 10.98, 39.77, 8.21),
        "nathan": (36.41, 22.90, 36.54, 12.26, 33.67, 14.01),
    },
})
# fmt: on
