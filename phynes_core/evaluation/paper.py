"""What the paper and its rivals report of themselves, as far as it is known here; nothing is filled in by guessing.

PhyNES: "Fast and Physically-based Neural Explicit Surface for Relightable Human Avatars" (arXiv 2503.18408), four
training views. Its data, body fits and lights are not ours: these rows give the scale, not a ranking.
"""

from dataclasses import dataclass

NOT_STATED = "not stated here"


@dataclass(frozen=True)
class PaperRow:
    """One method as published; a column that is missing is not stated here."""

    method: str
    values: dict[str, str]  # by column


# I: RGB of real captures (ZJU-MoCap), over the body's box
TABLE_1 = (
    PaperRow("PhyNES, paper (ZJU-MoCap): 26 to 28 dB", {}),  # which subject and split has which is not known here
    PaperRow("rivals, paper", {}),
)
# II: geometry (SyntheticHuman), cm
TABLE_2 = (
    PaperRow("PhyNES, paper (SyntheticHuman)", {"P2S": "0.50", "CD": "0.62"}),
    PaperRow("rivals, paper", {}),
)
# III: cost at 512 x 512 on an A100; training on a V100
TABLE_3 = (
    PaperRow("PhyNES, paper (A100)", {"frames a second": "12.27", "memory": "3.5 GB", "training": "5 h"}),
    PaperRow("Relightable Avatar, paper", {"frames a second": "0.21"}),
    PaperRow("Relighting4D, paper", {"frames a second": "0.33"}),
)
# IV: SyntheticHuman++, PSNR over whole images of 512 x 512 with zero background, means over six people
TABLE_4 = (
    PaperRow(
        "PhyNES, paper (SyntheticHuman++)",
        {"albedo PSNR": "35.25", "visibility PSNR": "34.52", "relighting PSNR": "35.33"},
    ),
    PaperRow("Relightable Avatar, paper", {"relighting PSNR": "35.30"}),
    PaperRow("Relighting4D, NeRFactor, paper", {}),
)
