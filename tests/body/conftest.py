"""SMPL files of a small body."""

from tests.smpl_files import foreign_class, smpl_arrays, write_npz, write_pkl

__all__ = ["foreign_class", "smpl_arrays", "write_npz", "write_pkl"]
