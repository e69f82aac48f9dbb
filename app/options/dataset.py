"""The options of commands that read captures: of public datasets which frames and cameras (docs/dataset.md)."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from phynes_core.errors import PhynesError

if TYPE_CHECKING:
    from phynes_core.body.template import Template
    from phynes_core.training.presets import TrainingConfig


@dataclass(frozen=True)
class DatasetOptions:
    """For ZJU-MoCap and SyntheticHuman folders; options left out have the values of the subject's preset."""

    frames: str | None = None
    """first:count:interval, indices in the dataset's list of frames to train on."""
    novel_frames: str | None = None
    """first:count:interval of the frames of novel motion, which are only evaluated."""
    train_views: str | None = None
    """Camera numbers as in 0,6,12,18."""
    test_views: str | None = None
    """Camera numbers; all others when left out."""
    evaluate_every: int | None = None
    """Compare every n-th frame with the test cameras."""
    ratio: float | None = None
    """Resize the pictures by this factor."""
    up: str = ""
    """The axis of the dataset's world that points up, as in +z; estimated from the cameras when left out."""
    parameters: str = ""
    """Folder of the body parameters; new_params, else params, when left out."""
    renders: str = ""
    """Path template of SyntheticHuman++'s ground-truth renders."""
    lighting: Path | None = None
    """Folder of the 16 x 32 probes that those were rendered with."""


DATASET_DEFAULTS = DatasetOptions()


def capture_options(args: DatasetOptions):
    """The options as the engine's CaptureOptions."""
    from phynes_core.data.public.options import CaptureOptions, frame_range, view_list

    return CaptureOptions(
        frames=frame_range("--frames", args.frames),
        novel_frames=frame_range("--novel-frames", args.novel_frames),
        train_views=view_list("--train-views", args.train_views),
        test_views=view_list("--test-views", args.test_views),
        evaluate_every=args.evaluate_every,
        ratio=args.ratio,
        up=args.up,
        parameters=args.parameters,
        renders=args.renders,
        lighting=args.lighting,
    )


def capture_body(data: Path, capture, smpl):
    """The body that a capture's poses belong to: `smpl` where a file was named, else the bundled one; checked."""
    from phynes_core.body.files import load_bundled_body

    body = load_bundled_body() if smpl is None else smpl
    if capture.body_hash and capture.body_hash != body.content_hash:
        raise PhynesError(
            f"{data}: made with the body '{capture.body_name}' (hash {capture.body_hash[:12]}), got '{body.name}' "
            f"(hash {body.content_hash[:12]}); name the right file with --smpl"
        )
    return body


def with_template(
    config: "TrainingConfig", wanted: str | None, smpl: Path | None, smpl_uv: Path | None
) -> "tuple[TrainingConfig, Template | None]":
    """The settings with the mesh that --template asks for, and the template where a checkpoint gives it."""
    from phynes_core.avatar.checkpoint import load_checkpoint
    from phynes_core.template.config import SOURCES

    if wanted is None:
        return config, None
    if wanted in SOURCES:
        return replace(config, template=replace(config.template, source=wanted)), None
    template = load_checkpoint(Path(wanted), smpl, smpl_uv).body.template
    if template is None:
        raise PhynesError(f"--template {wanted}: expected a checkpoint with a template, got one without; use auto")
    return replace(config, template=replace(config.template, source=template.content_hash)), template
