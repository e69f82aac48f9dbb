"""Subjects are dressed once for all tests of this folder: it takes seconds."""

import pytest

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel
from phynes_core.synthetic.subjects.ada import dress_ada
from phynes_core.synthetic.subjects.josh import dress_josh
from phynes_core.synthetic.subjects.noa import dress_noa
from phynes_core.synthetic.subjects.outfit import Outfit


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return load_bundled_body()


@pytest.fixture(scope="session")
def subject(body: BodyModel) -> Outfit:
    return dress_josh(body)


@pytest.fixture(scope="session")
def ada(body: BodyModel) -> Outfit:
    return dress_ada(body)


@pytest.fixture(scope="session")
def noa(body: BodyModel) -> Outfit:
    return dress_noa(body)
