"""State dictionaries of torch: read as torch reads them, and refused where they ask for anything else."""

import pickle
import re
from collections import OrderedDict

import pytest
import torch

from phynes_core.errors import PhynesError
from phynes_core.io.torch_files import read_state_dict
from phynes_core.io.untrusted import FileKind

KIND = FileKind("file of weights", 1 << 20, PhynesError, "save it again")
TENSORS = {
    "a.weight": torch.arange(12.0).reshape(3, 4).T, "b": torch.ones(2, dtype=torch.half), "c": torch.tensor([5]),
    "d": torch.nn.Parameter(torch.zeros(3)),
}  # fmt: skip


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("make", [dict, OrderedDict])
def test_tensors_come_back_from_both_formats(tmp_path, is_zip, make):
    torch.save(make(TENSORS), tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
    read = read_state_dict(tmp_path / "w.pth", KIND)
    assert read.keys() == TENSORS.keys()
    assert all(torch.equal(read[name], value) and read[name].dtype == value.dtype for name, value in TENSORS.items())


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("what", [Calls(bytearray, 1 << 40), Calls(print, "ran"), Calls(eval, "1"), {1, 2}, torch.int])
def test_other_names_are_refused_before_torch_reads(tmp_path, is_zip, what, capsys):
    """A bytearray of any size is what torch itself would allow."""
    torch.save({"a": what}, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
    with pytest.raises(PhynesError, match="it asks for .*; nothing in it was run"):
        read_state_dict(tmp_path / "w.pth", KIND)
    assert capsys.readouterr().out == ""


def test_tensors_larger_than_their_file_are_refused(tmp_path):
    """A stride of 0 makes any size from one number."""
    torch.save({"a": torch.zeros(1).expand(1 << 40)}, tmp_path / "w.pth")
    with pytest.raises(PhynesError, match="larger than the file"):
        read_state_dict(tmp_path / "w.pth", KIND)


@pytest.mark.parametrize("content", [b"", b"text", pickle.dumps({"a": 1}), pickle.dumps([1] * 9), b"PK\x03\x04"])
def test_other_files_are_refused_in_a_line(tmp_path, content):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(PhynesError, match=re.escape("w.pth")):
        read_state_dict(tmp_path / "w.pth", KIND)
