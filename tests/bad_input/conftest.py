"""Worlds of one and of two days, written once, and what their undisturbed nights give."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.bad_input.project")

from tests.bad_input.project import FIRST, Healthy, hashes, make_project, run  # noqa: E402


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    """Return a project of one day."""
    folder = make_project(tmp_path_factory.mktemp("bad_input") / "one_day", days=1)
    project = Healthy(folder, {})
    ran = project.copy(folder.with_name("undisturbed"))
    assert run(ran, FIRST).run.status == "done"
    return Healthy(folder, hashes(ran))


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of two days, before any night."""
    return make_project(tmp_path_factory.mktemp("bad_input") / "two_days", days=2)
