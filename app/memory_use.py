"""How much memory a process holds now."""

import os
import sys
from pathlib import Path


def resident_mb(pid: int | str = "self") -> float | None:
    """Libraries included; None where the system does not tell without further packages."""
    if sys.platform != "linux":
        return None
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
