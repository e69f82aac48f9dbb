"""Archives and texts that ask for more than they hold, or for what their readers never give."""

import pickle
import zipfile
from pathlib import Path

import numpy as np

from phynes_core.io.shipped_files import ASSETS

_HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s}"


def encrypted(content: bytes) -> bytes:
    """The same archive with every member marked as encrypted."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = content.find(signature, at + 1)
    return bytes(changed)


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", method) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return path.read_bytes()


def npy(header: str, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content


def hostile_archives(folder: Path) -> dict[str, bytes]:
    """By name: a good motion with one thing changed."""
    walk = (ASSETS / "motions" / "walk.npz").read_bytes()
    with np.load(ASSETS / "motions" / "walk.npz") as arrays:
        np.savez(folder / "plain.npz", **arrays)
    with zipfile.ZipFile(folder / "plain.npz") as plain:
        members = {name: plain.read(name) for name in plain.namelist()}

    def changed(method: int = zipfile.ZIP_DEFLATED, **replaced: bytes) -> bytes:
        more = {f"{name}.npy": content for name, content in replaced.items()}
        return archive(folder / "a.npz", members | more, method)

    def shaped(shape: str) -> bytes:
        return changed(transl=npy(_HEADER % ("<f8", shape)))

    return {
        "encrypted": encrypted(walk),
        "lzma": changed(zipfile.ZIP_LZMA),
        "bzip2": changed(zipfile.ZIP_BZIP2),
        "raw": changed(fps=b"30"),
        "text": changed(fps=b"\x93NUMPY\x01\x00\x05\x00hello"),
        "objects": changed(fps=npy(_HEADER % ("|O", "()"), pickle.dumps(30))),
        "claims": shaped("(10000000000,)"),
        "zeros": changed(transl=bytes(600 << 20)),
        "empty dimensions": shaped("(9999999999, 0)"),
        "dimensions": shaped("(" + "1," * 70 + ")"),
        "digits": shaped("(" + "9" * 5000 + ",)"),
        "code": shaped("(__import__('os').abort(),)"),
        "structure": changed(fps=npy("{'descr': [('a', '<f8')], 'shape': ()}", bytes(8))),
        "huge numbers": changed(fps=npy(_HEADER % ("<f8", "()"), np.float64(1e300).tobytes())),
        "truncated": walk[: len(walk) // 2],
        "no archive": b"PK\x03\x04" + bytes(100),
        "many": archive(folder / "a.npz", {f"{index}.npy": b"" for index in range(5000)}, zipfile.ZIP_STORED),
    }


_HEAD = "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
_ONE_FRAME = "MOTION\nFrames: 1\nFrame Time: 1\n"
_MATRIX = "K_1: !!opencv-matrix\n  rows: %s\n  cols: 1\n  dt: d\n  data: [1]\n"
_CAMERAS = '{"format": 1, "cameras": %s}'
TEXTS: dict[str, tuple[str, dict[str, str]]] = {  # reader -> suffix, texts by name
    "motion": (".bvh", {
        "channels": _HEAD.replace("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS") + "}\n" + _ONE_FRAME,
        "many channels": _HEAD.replace("3 Zrotation", "100000 " + "Zrotation " * 99_998) + "}\n" + _ONE_FRAME,
        "orphan": "HIERARCHY\n" + "{" * 1000 + "CHANNELS 1 Zrotation" + "}" * 1000 + "\n" + _ONE_FRAME + "0",
        "closing": "HIERARCHY\n}\n" + _ONE_FRAME + "0",
        "end": "HIERARCHY\nEnd Site\n{\nOFFSET 1 1 1\n}\n" + _ONE_FRAME + "0",
        "frames": _HEAD + "}\nMOTION\nFrames: 999999999\nFrame Time: 0.03\n0 0 0",
        "digits": _HEAD + "}\nMOTION\nFrames: " + "9" * 5000 + "\nFrame Time: 0.03\n0 0 0",
        "joints": _HEAD + "JOINT a\n{\nOFFSET 0 0 0\n" * 5000 + "}" * 5001 + "\n" + _ONE_FRAME + "0 0 0",
        "word": _HEAD + "}\n" + _ONE_FRAME + "1" * 10**7,
        "huge": _HEAD + "}\n" + _ONE_FRAME + "1e300 0 0",
    }),
    "mesh": (".obj", {
        "index": "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9223372036854775808\n",
        "digits": "v 0 0 0\nf 1 1 " + "9" * 5000,
        "negative": "v 0 0 0\nf -1 -2 -99999999999999999999",
        "number": "v " + "9" * 400 + " 0 0\nf 1 1 1",
        "short": "v 1\nf",
        "polygon": "v 0 0 0\nf" + " 1" * 5_000_000,
        "lines": "\n" * 5_000_000,
    }),
    "yaml": (".yml", {
        "sizes": _MATRIX % "99999999999999999999",
        "digits": _MATRIX % ("9" * 5000),
        "starts": "K: !!opencv-matrix\n rows: 1\n cols: 1\n dt: d\n data: [" * 50_000,
        "names": "names:" + "\n-" * 10**6,
    }),
    "cameras": (".json", {
        "nested": _CAMERAS % ("[" * 100_000 + "]" * 100_000),
        "open": "[" * 10**6,
        "format": '{"format": %s}' % ("9" * 5000),
        "exponent": '{"format": 1e9999}',
        "lists": "[" + "[]," * 10**6 + "1]",
        "name": _CAMERAS % '{"../../x": {}}',
        "half": _CAMERAS % '{"\\ud800": {}}',
    }),
}  # fmt: skip
