"""The world of the tests: one city, four people."""

import os
from importlib import import_module
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from crm.choices import Role
from crm.models import Region, User
from tests import make, templates


def pytest_collection_modifyitems(items):
    """A browser that hangs is left by ending its worker: an error raised into its event loop would break the next tests."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(240, method="thread"))


def pytest_sessionfinish(session):
    """Whoever hands out the tests ends last, and takes the template with it."""
    if not hasattr(session.config, "workerinput"):
        templates.drop()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """The test database is a copy of the template, made anew for each run: no run inherits another's rows."""
    with django_db_blocker.unblock():
        templates.copy_to(address_of_tests())
        made = setup_databases(verbosity=0, interactive=False, keepdb=True)
        yield
        teardown_databases(made, verbosity=0)


def address_of_tests() -> str:
    name = connection.creation._get_test_db_name()
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@pytest.fixture
def committed_db(transactional_db):
    """A database that other threads and processes see. A flush takes what `migrate` brought: this brings it again."""
    if not Region.objects.exists():
        import_module("crm.migrations.0002_regions_and_history").load_regions(apps, None)
        import_module("pipeline.migrations.0002_history").load_indicators(apps, None)


@pytest.fixture
def city(db) -> Region:
    return Region.objects.get(code="450800")


@pytest.fixture
def county(db) -> Region:
    """平南县, where `officer` works."""
    return Region.objects.get(code="450821")


@pytest.fixture
def other_county(db) -> Region:
    """桂平市, where `other_officer` works."""
    return Region.objects.get(code="450881")


@pytest.fixture
def officer(county) -> User:
    return make.person("officer", county, Role.OFFICER)


@pytest.fixture
def other_officer(other_county) -> User:
    return make.person("other_officer", other_county, Role.OFFICER)


@pytest.fixture
def city_officer(city) -> User:
    return make.person("city_officer", city, Role.OFFICER)


@pytest.fixture
def lead(city) -> User:
    return make.person("lead", city, Role.LEAD)


@pytest.fixture
def leader(city) -> User:
    return make.person("leader", city, Role.LEADER)


@pytest.fixture
def viewer(county) -> User:
    return make.person("viewer", county, Role.VIEWER)


@pytest.fixture
def admin(city) -> User:
    return make.person("admin", city, Role.ADMIN)


@pytest.fixture
def firm(county):
    return make.firm("平南智造科技有限公司", county)


@pytest.fixture
def other_firm(other_county):
    return make.firm("桂平新材料有限公司", other_county)


@pytest.fixture
def firm_user(firm) -> User:
    return make.firm_person("firm_user", firm)


@pytest.fixture
def other_firm_user(other_firm) -> User:
    return make.firm_person("other_firm_user", other_firm)


@pytest.fixture
def private_storage(settings, tmp_path):
    """Uploaded files lie in a folder of the test."""
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return tmp_path
