"""Real input beside the project; tests that use it are skipped where it is absent."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CULTIVAR_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def register() -> str:
    """The real company register."""
    return str(SHARED / "data" / "guigang_register.csv")


needs_register = pytest.mark.skipif(not Path(register()).exists(), reason="the real register is not on this machine")
