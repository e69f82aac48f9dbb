"""Which mesh a run learns on: the body's, a given template, or one that is carved from the training pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.body.template import Template, template_body
from phynes_core.errors import PhynesError
from phynes_core.registration.registration import Registration
from phynes_core.template.config import TemplateConfig
from phynes_core.template.make import MadeTemplate, MaskedView, PosedViews, make_template, widest_gap_deg
from phynes_core.template.meshing import MeshingError
from phynes_core.training.frames import TrainingFrame, refitted


def choose_template(
    body: BodyModel,
    frames: Sequence[TrainingFrame],  # with the poses, cameras and masks that are known by now
    registration: Registration | None,
    config: TemplateConfig,
    given: Template | None,
) -> tuple[Template | None, str]:
    """None: the body's own mesh; and a line about the choice, empty where there was none."""
    if config.source == "smpl":
        return None, ""
    if config.source != "auto":
        return _checked(given, body, config), "template: as given"
    views = [_posed_views(frame, registration) for frame in frames]
    gap = widest_gap_deg(body, views)
    if gap > config.widest_gap_deg:
        sides = f"{gap:.0f} degrees around the person, expected at most {config.widest_gap_deg:g}"
        return None, f"template: no camera sees {sides}; the body's mesh stays"
    try:
        if registration is not None and registration.is_used:
            frames = _with_better_poses(body, frames, registration, config)
        made = make_template(body, [_posed_views(frame, registration) for frame in frames], config)
    except MeshingError as trouble:
        return None, f"template: {trouble}; the body's mesh stays"
    return made.template if made.is_better else None, f"template: {_described(made)}"


def _with_better_poses(
    body: BodyModel, frames: Sequence[TrainingFrame], registration: Registration, config: TemplateConfig
) -> Sequence[TrainingFrame]:
    """The frames with the poses of the rounds; a round that gains held-out silhouettes too little is taken back."""
    rough = replace(config, voxel_m=config.coarse_m)
    made = make_template(body, [_posed_views(frame, registration) for frame in frames], rough)
    for _ in range(config.rounds):
        surface, poses, offsets = template_body(made.template, body), dict(registration.poses), registration.offsets
        registration.stand_on(surface)
        still = {frame.number: np.zeros(surface.num_vertices) for frame in frames}
        for step in range(config.round_steps):
            registration.refine(step, still)
        registration.stand_on(body)
        registration.offsets = offsets
        moved = refitted(frames, body, registration.fit())
        again = make_template(body, [_posed_views(frame, registration) for frame in moved], rough)
        if again.overlap < made.overlap + config.least_pose_gain:
            registration.poses = poses
            break
        frames, made = moved, again
    return frames


def template_tensors(template: Template) -> dict[str, Tensor]:
    """For the state that a run is resumed from."""
    return template.tensors() | {"body": torch.frombuffer(bytearray(template.body_hash.encode()), dtype=torch.uint8)}


def stored_template(stored: Mapping[str, Tensor]) -> Template:
    """The inverse of `template_tensors`."""
    values = dict(stored)
    return Template(body_hash=bytes(values.pop("body").tolist()).decode(), **values)


def _posed_views(frame: TrainingFrame, registration: Registration | None) -> PosedViews:
    views = [
        MaskedView(view.camera, view.coverage, None if view.trust is None else view.trust > 0.0, view.image)
        for view in frame.views
    ]
    return PosedViews(frame.pose, views, None if registration is None else registration.surface(frame.pose).vertices)


def _checked(given: Template | None, body: BodyModel, config: TemplateConfig) -> Template:
    if given is None or given.content_hash != config.source:
        raise PhynesError(f"template: expected the one with hash {config.source[:12]}, got another; name it again")
    if given.body_hash != body.content_hash:
        raise PhynesError(f"template: made for another body than '{body.name}'; train it on this one with auto")
    return given


def _described(made: MadeTemplate) -> str:
    overlaps = f"held-out silhouettes overlap by {made.overlap:.4f}, by {made.body_overlap:.4f} with the body's mesh"
    if not made.is_better:
        return f"{overlaps}, which stays"
    parts = ", ".join(made.parts) or "nothing"
    crossing = f"; {made.crossing} pairs of faces cross" if made.crossing else ""
    count, percent = len(made.template.offset), 100 * made.share
    made_of = f"{count} vertices, carved by all but {percent:g} % of the pictures; the body's own: {parts}"
    hanging = "" if made.hem is None else f"; cloth hangs off the legs down to {100 * made.hem:.0f} % of the shins"
    return f"{made_of}; {overlaps}{hanging}{crossing}"
