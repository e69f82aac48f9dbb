"""Tables made of a body once, and forgotten with it: a cache of so many entries would keep bodies nobody shows."""

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from phynes_core.body.model import BodyModel

Made = TypeVar("Made")


def with_the_body(make: Callable[[BodyModel], Made]) -> Callable[[BodyModel], Made]:
    """Make it once for each body. The result is shared, so do not write into it; it must not hold the body."""
    made: WeakKeyDictionary[BodyModel, Made] = WeakKeyDictionary()

    @functools.wraps(make)
    def remembered(body: BodyModel) -> Made:
        if body not in made:
            made[body] = make(body)
        return made[body]

    return remembered
