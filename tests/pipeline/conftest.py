import pytest

from tests.pipeline import world


@pytest.fixture
def application(firm, officer):
    """A high-tech application of `firm` that has just been opened."""
    return world.opened(firm, officer)


@pytest.fixture
def formal(firm, officer, city_officer):
    """The same, at the city's formal review."""
    return world.at(firm, "formal", officer=officer, city=city_officer)
