"""Subjects are dressed once for all tests of this folder: it takes seconds."""

import pytest

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel
from phynes_core.synthetic.subjects.ada import Ada, dress_ada
from phynes_core.synthetic.subjects.josh import Josh, dress_josh


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return load_bundled_body()


@pytest.fixture(scope="session")
def subject(body: BodyModel) -> Josh:
    return dress_josh(body)


@pytest.fixture(scope="session")
def ada(body: BodyModel) -> Ada:
    return dress_ada(body)
