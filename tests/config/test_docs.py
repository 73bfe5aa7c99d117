"""Docs are tested: what an outsider relies on is named there, and what is named there exists."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from pipeline.workflows import WORKFLOWS

ROOT = Path(settings.BASE_DIR)
DOCS = {path.name: path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}
ALL = "\n".join(DOCS.values())
ROOMS = ("config", "crm", "pipeline", "notifications")
# What a developer measures and translates with, and what operations.md says is to be added for a bucket.
TOLERATED = {"config/benchmark/sink.py: aiosmtpd", "config/strings.py: babel", "config/env.py: storages"}
COMMANDS = sorted(name for name, app in get_commands().items() if app in ROOMS)


def env_names():
    code = "".join((ROOT / "config" / name).read_text("utf-8") for name in ("settings.py", "env.py"))
    code += (ROOT / "config/management/commands/up.py").read_text("utf-8")
    found = set(re.findall(r'(?:text|boolean|words|directories|executable|checked_url|database)\(\s*"([A-Z_]+)"', code))
    return found | set(re.findall(r'environ\.get\("([A-Z_]+)"', code)) - {"XDG_RUNTIME_DIR"}


@pytest.mark.parametrize("name", sorted(env_names()))
def test_every_environment_variable_is_documented(name):
    assert f"`{name}`" in DOCS["operations.md"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_says_that_it_is_safe(name):
    assert f"`{name}`" in DOCS["operations.md"]
    command = load_command_class(get_commands()[name], name)
    assert command.help.rstrip().endswith("Safe to run again.") or name in {"up", "strings"}


@pytest.mark.parametrize("code", sorted({step.code for table in WORKFLOWS.values() for step in table.transitions}))
def test_every_transition_is_documented(code):
    assert f"`{code}`" in DOCS["architecture.md"]


@pytest.mark.parametrize("name", sorted(DOCS))
def test_links_and_pictures_exist(name):
    folder = ROOT if name == "README.md" else ROOT / "docs"
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", DOCS[name]):
        assert (folder / target).exists(), target


def test_every_direct_package_has_its_licence_named():
    runtime = (ROOT / "requirements.txt").read_text("utf-8").lower()
    for package in ("django==", "celery==", "redis==", "psycopg==", "holidays==", "python-calamine==", "xlsxwriter=="):
        assert package in runtime
        assert f"| {package[:-2]} |" in DOCS["third-party.md"].lower()


def imported(source: str) -> set[str]:
    """The outermost names of the packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_started_needs_no_package_of_the_tests(room):
    """`make run` installs requirements.txt only, where the tests have more."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    there, by_module = {re.sub(r"[._]", "-", name).lower() for name in locked}, packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / room).rglob("*.py")
        for name in imported(path.read_text("utf-8")) - sys.stdlib_module_names - {*ROOMS, "tests"}
        if not {re.sub(r"[._]", "-", package).lower() for package in by_module.get(name, [])} & there
    }

    assert missing - TOLERATED == set()


@pytest.mark.parametrize("name", sorted(DOCS))
def test_docs_name_no_path_of_a_machine(name):
    assert not re.search(r"/(work|root|home)/", DOCS[name])
