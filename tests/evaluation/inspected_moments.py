"""Moments of captures, as an inspection looks at them, and changes to their views."""

from dataclasses import replace

import numpy as np

from phynes_core.body.files import load_bundled_body
from phynes_core.data.open_capture import open_capture
from phynes_core.evaluation.inspection.moments import chosen_frames, moments

BODY = load_bundled_body()


def some_moments(root, count):
    capture = open_capture(root)
    return list(moments(capture, BODY, chosen_frames(capture, count)))


def changed(found, name, change):
    """The moments with the views of one camera changed."""
    return [
        replace(moment, views=tuple(change(view) if view.name == name else view for view in moment.views))
        for moment in found
    ]


def collected(check, found):
    for moment in found:
        check.add(moment)
    return check


def with_mask(view, inside):
    return replace(view, coverage=np.where(inside, 255, 0).astype(np.uint8), image=view.image * inside[..., None])
