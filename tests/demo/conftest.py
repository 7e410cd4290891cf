"""One world of ten banking days, made and written once."""

from datetime import date
from pathlib import Path

import pytest

from recon_engine.demo import World, make_world, write_world

MONDAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def world() -> World:
    return make_world(MONDAY, days=10)


@pytest.fixture(scope="session")
def project(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write_world(world, folder)
    return folder
