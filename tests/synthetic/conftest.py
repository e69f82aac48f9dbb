"""One dressed subject for all tests of this folder: it takes seconds to build."""

import pytest

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel
from phynes_core.synthetic.subject import Subject, build_subject


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return load_bundled_body()


@pytest.fixture(scope="session")
def subject(body: BodyModel) -> Subject:
    return build_subject(body)
