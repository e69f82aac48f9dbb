"""Which mesh a run learns on: the body's, a given template, or one that is carved from the training pictures."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.body.template import Template
from phynes_core.errors import PhynesError
from phynes_core.registration.registration import Registration
from phynes_core.template.config import TemplateConfig
from phynes_core.template.make import MadeTemplate, MaskedView, PosedViews, make_template
from phynes_core.training.frames import TrainingFrame


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
    made = make_template(body, [_posed_views(frame, registration) for frame in frames], config)
    return made.template if made.is_better else None, f"template: {_described(made)}"


def template_tensors(template: Template) -> dict[str, Tensor]:
    """For the state that a run is resumed from."""
    return template.tensors() | {"body": torch.frombuffer(bytearray(template.body_hash.encode()), dtype=torch.uint8)}


def stored_template(stored: Mapping[str, Tensor]) -> Template:
    """The inverse of `template_tensors`."""
    values = dict(stored)
    return Template(body_hash=bytes(values.pop("body").tolist()).decode(), **values)


def _posed_views(frame: TrainingFrame, registration: Registration | None) -> PosedViews:
    views = [
        MaskedView(view.camera, view.coverage, None if view.trust is None else view.trust > 0.0) for view in frame.views
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
    return f"{made_of}; {overlaps}{crossing}"
