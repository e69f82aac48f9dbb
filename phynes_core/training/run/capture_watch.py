"""Does a run still see the capture it was started with? Digests of what was read, and looks at the files meanwhile."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from phynes_core.data.capture import Capture
from phynes_core.errors import CaptureError, PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind
from phynes_core.training.frames import TrainingFrame

DIGESTS = FileKind("list of digests", 1 << 28, CaptureError, "train anew")
CAMERAS, POSES = "cameras", "body parameters"


class CaptureWatch:
    """Knows a digest of cameras, body parameters and every training picture, whatever the layout on disk."""

    def __init__(self, capture: Capture, frames: Sequence[TrainingFrame]) -> None:
        self._capture = capture
        self._views = {_name(view.camera_name, frame.number): (view.camera_name, frame.number)
                       for frame in frames for view in frame.views}  # fmt: skip
        self._digests = {CAMERAS: _cameras_digest(frames), POSES: _poses_digest(frames)}
        for frame in frames:
            for view in frame.views:
                self._digests[_name(view.camera_name, frame.number)] = _digest(view.image, view.coverage)
        self._stamps = {name: self._stamp(name) for name in self._views}

    @property
    def fingerprint(self) -> str:
        """Changes when anything that training reads does."""
        return hashlib.sha256(json.dumps(self._digests, sort_keys=True).encode()).hexdigest()

    def write(self, path: Path) -> None:
        """Keep the digests for a later `difference`."""
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(self._digests, indent=0), encoding="utf-8")

    def difference(self, path: Path) -> str:
        """The first thing that is not as it was when `path` was written."""
        stored: dict[str, object] = {}
        with suppress(CaptureError):
            content = read_json(path, DIGESTS)
            stored = content if isinstance(content, dict) else {}
        for name in {**stored, **self._digests}:
            if stored.get(name) != self._digests.get(name):
                if name not in self._views:
                    return f"{name} in {self._capture.root}"
                return f"{name} ({' or '.join(str(file) for file in self._files(name))})"
        return str(self._capture.root)

    def check(self) -> None:
        """CaptureError, naming the file, when a training picture is gone or is no longer what it was."""
        for name, stamp in self._stamps.items():
            now = self._stamp(name)
            if now == stamp:
                continue
            missing = [file for file in self._files(name) if not file.is_file()]
            if missing:
                raise CaptureError(f"{missing[0]}: was removed while this run used it; put it back")
            try:
                picture = self._capture.pictures.read(*self._views[name])
            except PhynesError as error:
                raise CaptureError(f"{error}; it changed while this run used it") from error
            if _digest(picture[..., :3], picture[..., 3]) != self._digests[name]:
                files = " or ".join(str(file) for file in self._files(name))
                raise CaptureError(f"{files}: changed while this run used it; put back what it was, or train anew")
            self._stamps[name] = now  # touched or copied: the same picture

    def _files(self, name: str) -> tuple[Path, ...]:
        return self._capture.pictures.files(*self._views[name])

    def _stamp(self, name: str) -> tuple[tuple[int, int] | None, ...]:
        stamps: list[tuple[int, int] | None] = []
        for file in self._files(name):
            try:
                status = file.stat()
                stamps.append((status.st_size, status.st_mtime_ns))
            except OSError:
                stamps.append(None)
        return tuple(stamps)


def _name(camera: str, frame: int) -> str:
    return f"camera {camera}, frame {frame}"


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _cameras_digest(frames: Sequence[TrainingFrame]) -> str:
    digest = hashlib.sha256()
    for view in frames[0].views:
        camera = view.camera
        digest.update(f"{view.camera_name} {camera.width} {camera.height}".encode())
        digest.update(_digest(camera.intrinsics.numpy(), camera.T_cam_world.numpy()).encode())
    return digest.hexdigest()


def _poses_digest(frames: Sequence[TrainingFrame]) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        pose = frame.pose
        parts = (pose.body_pose, pose.global_orient, pose.transl, pose.betas)
        digest.update(f"{frame.number} {_digest(*(part.numpy() for part in parts))}".encode())
    return digest.hexdigest()
