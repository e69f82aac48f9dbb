"""A run's folder: state.safetensors to go on from, curves.jsonl, pictures/, fitted/ and avatar.ckpt as it stands.

The state is safetensors with one JSON entry, never a pickle, and replaced atomically: a kill loses at most what came
after the last save.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from phynes_core.data.capture import Capture
from phynes_core.data.native.layout import BODY
from phynes_core.data.native.writer import save_body_parameters
from phynes_core.errors import OutputError, PhynesError
from phynes_core.io.json_files import parse_json
from phynes_core.io.output_files import replacing
from phynes_core.io.tensor_files import read_tensors
from phynes_core.io.untrusted import FileKind, decoding, read_untrusted
from phynes_core.training.presets import TrainingConfig, as_json, from_json, with_rates_of

STATE_VERSION = 1
CURVES = FileKind("file of curves", 1 << 30, PhynesError, "remove it")
STATE = FileKind("training state", 1 << 32, PhynesError, "remove the folder and train again")
_METADATA_KEY = "phynes_training"
FINISHED = 3  # the number after the last stage's
TRUSTING = {"steps": 0}  # the registration of runs from before there was one: they trusted their captures


@dataclass(frozen=True)
class RunState:
    """Where a run stands: `step` steps of `stage` are done."""

    stage: int  # 0, 1, 2 or FINISHED
    step: int
    seconds: float  # spent training so far
    config: dict[str, Any]  # presets.as_json of what runs
    requested: dict[str, Any]  # what was asked for, before --minutes set the steps
    capture: str  # fingerprint
    tensors: dict[str, Tensor]  # "avatar.<name>", "stage.<name>" and, where there is one, "registration.<name>"

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with a prefix, without it."""
        return {name.removeprefix(prefix): value for name, value in self.tensors.items() if name.startswith(prefix)}


class RunFolder:
    """Reads and writes one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def state_path(self) -> Path:
        """The file to resume from."""
        return self.path / "state.safetensors"

    @property
    def capture_path(self) -> Path:
        """What the run was started with, to name what changed."""
        return self.path / "capture.json"

    @property
    def _good_path(self) -> Path:
        """The last state from before the image error rose, while it is doubtful whether it comes back."""
        return self.path / "last_good.safetensors"

    @property
    def pictures(self) -> Path:
        """Where comparison pictures go."""
        return self.path / "pictures"

    def save(self, state: RunState, is_doubtful: bool = False) -> None:
        """Replace the state on disk; the one before a doubtful one is kept beside it."""
        described = {
            "version": STATE_VERSION, "stage": state.stage, "step": state.step, "seconds": state.seconds,
            "config": state.config, "requested": state.requested, "capture": state.capture,
        }  # fmt: skip
        tensors = {name: value.detach().cpu().contiguous() for name, value in state.tensors.items()}
        payload = safetensors_bytes(tensors, {_METADATA_KEY: json.dumps(described)})
        if is_doubtful and self.state_path.is_file() and not self._good_path.is_file():
            with replacing(self._good_path) as temporary:
                shutil.copyfile(self.state_path, temporary)
        with replacing(self.state_path) as temporary:
            temporary.write_bytes(payload)
        if not is_doubtful:
            self._good_path.unlink(missing_ok=True)

    def return_to_good(self) -> str:
        """Drop doubtful states; says which state is left to go on from."""
        if self._good_path.is_file():
            self._good_path.replace(self.state_path)
        if not self.state_path.is_file():
            return "nothing was saved yet"
        state = self.load()
        return f"the last good state, stage {state.stage}, step {state.step}, is {self.state_path}"

    def load(self) -> RunState:
        """The saved state. Raises PhynesError when there is none or it cannot be read."""
        if not self.state_path.is_file():
            raise PhynesError(f"{self.path}: expected a run to resume, got no state in it; train without --resume")
        file = read_tensors(self.state_path, STATE)
        with decoding(self.state_path, STATE):
            described = parse_json(file.metadata[_METADATA_KEY], self.state_path, STATE)
            if not isinstance(described, dict) or not isinstance(described["stage"] + described["step"], int):
                raise ValueError("expected the stage and the step of a run, got others")
            if described.pop("version") != STATE_VERSION:
                raise PhynesError(f"{self.state_path}: written by another version; train without --resume")
            for stored in (described["config"], described["requested"]):
                stored.setdefault("registration", TRUSTING)
            return RunState(**described, tensors={name: file.tensor(name) for name in file.stored})

    def load_to_resume(self, config: TrainingConfig) -> RunState:
        """The saved state. Raises PhynesError unless `config` is what the run was started with, but for its rates."""
        state = self.load()
        started = with_rates_of(from_json(state.requested), config)
        if started != config:
            difference = _difference(as_json(started), as_json(config))
            raise PhynesError(
                f"{self.path}: was started with other settings ({difference}); resume with the same ones (only "
                "learning rates may change) or train anew"
            )
        return state

    def unfinished(self) -> bool:
        """Whether a run waits here to be resumed."""
        return self.state_path.is_file() and self.load().stage != FINISHED

    def save_bodies(self, capture: Capture | None) -> None:
        """Write the body parameters that training found, as a native capture holds them; None: it found no better."""
        folder = self.path / "fitted"
        if capture is None:
            (folder / BODY).unlink(missing_ok=True)  # an earlier run's
        else:
            save_body_parameters(folder, capture.poses, capture.frame_split, capture.body_name, capture.body_hash)

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append one line to the curves."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with open(self.path / "curves.jsonl", "a", encoding="utf-8") as curves:
                curves.write(json.dumps(dict(entry)) + "\n")
        except OSError as error:
            reason = error.strerror
            raise OutputError(f"{self.path}: cannot write the curves ({reason}); make room and --resume") from error

    def cut_log(self, stage: int, step: int) -> None:
        """Drop the curves that come after a state, which a resumed run will write again."""
        curves = self.path / "curves.jsonl"
        if not curves.is_file():
            return
        kept = []
        for line in read_untrusted(curves, CURVES).decode("utf-8", "replace").splitlines():
            with suppress(PhynesError), decoding(curves, CURVES):  # a kill may have cut the line short
                entry = parse_json(line, curves, CURVES)
                if isinstance(entry, dict) and (entry["stage"], entry["step"]) < (stage, step):
                    kept.append(line)
        with replacing(curves) as temporary:
            temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether no value is NaN or infinite."""
    return all(bool(torch.isfinite(value).all()) for value in tensors.values() if value.is_floating_point())


def _difference(own: Mapping[str, Any], other: Mapping[str, Any], where: str = "") -> str:
    """The first setting in which two differ, as in "stage1.steps=500, now 600"; empty when none does."""
    for name, value in own.items():
        if isinstance(value, dict):
            if found := _difference(value, other[name], f"{where}{name}."):
                return found
        elif value != other[name]:
            return f"{where}{name}={value}, now {other[name]}"
    return ""
