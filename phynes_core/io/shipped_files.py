"""Where the files that ship with the project lie."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ASSETS = PROJECT / "assets"
CHECKPOINTS = PROJECT / "checkpoints"
