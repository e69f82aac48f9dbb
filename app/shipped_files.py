"""Files that the examples name by their place in the project, which works from any folder."""

from pathlib import Path

from phynes_core.io.shipped_files import PROJECT


def shipped_path(name: str) -> Path:
    """A path as given, else from the project's folder."""
    given = Path(name)
    return PROJECT / given if not given.exists() and (PROJECT / given).exists() else given
