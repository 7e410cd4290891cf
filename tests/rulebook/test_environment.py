"""recon.yaml: addresses and paths made absolute, and passwords that never show."""

from pathlib import Path

import pytest

from recon_engine.errors import RulebookError
from recon_engine.rulebook.environment import (
    Environment,
    FolderConnection,
    SqlConnection,
    load_environment,
)

SECRET = "s3cr3t"


@pytest.fixture
def project(tmp_path):
    """Write a recon.yaml and load it."""

    def written(text: str, **variables: str) -> Environment:
        (tmp_path / "recon.yaml").write_text(text)
        return load_environment(tmp_path, variables)

    return written


def test_paths_start_at_the_project_and_defaults_hold(project, tmp_path) -> None:
    found = project("connections:\n  inbox: {folder: in}\n  erp: {sql: 'sqlite:///erp.db'}\n")

    assert found.project == tmp_path
    assert found.store_url == f"sqlite:///{tmp_path}/state.db"
    assert found.lake == tmp_path / "lake"
    assert (found.memory_limit, found.beside().memory_limit) == ("1GB", "0.5GB")
    assert (found.threads, found.scopes_at_a_time) == (1, 2)
    assert found.connections["inbox"] == FolderConnection(tmp_path / "in")
    assert found.connections["erp"].address() == f"sqlite:///{tmp_path}/erp.db"


def test_a_package_is_the_folder_it_is_installed_in(project) -> None:
    found = project("connections:\n  ecb: {package: currency_converter}\n").connections["ecb"]

    assert isinstance(found, FolderConnection)
    assert (found.folder / "eurofxref-hist.zip").is_file()
    with pytest.raises(RulebookError, match=r"2:18 .*found no installed package nowhere"):
        project("connections:\n  ecb: {package: nowhere}\n")


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("state.db", "sqlite:///{project}/state.db"),
        ("var/state.db", "sqlite:///{project}/var/state.db"),
        ("sqlite:///state.db", "sqlite:///{project}/state.db"),
        ("sqlite:////srv/state.db", "sqlite:////srv/state.db"),
        ("/srv/state.db", "sqlite:////srv/state.db"),
        ("postgresql+psycopg://u@h/recon", "postgresql+psycopg://u@h/recon"),
    ],
)
def test_a_store_is_a_file_of_the_project_or_an_address(project, tmp_path, store, url) -> None:
    assert project(f"store: {store}\n").store_url == url.format(project=tmp_path)


def test_the_variable_for_the_store_wins_over_the_file(project) -> None:
    address = f"postgresql+psycopg://recon:{SECRET}@db/recon"

    found = project("store: state.db\n", RECON_STORE_URL=address)

    assert found.store_url == address


def test_an_address_comes_from_its_variable_and_is_asked_for_only_when_it_is_used(project) -> None:
    text = "lake: lake\nconnections:\n  erp: {sql_env: ERP_URL}\n"

    present, absent = project(text, ERP_URL="mssql://erp"), project(text)

    assert present.connections["erp"].address() == "mssql://erp"
    with pytest.raises(RulebookError) as caught:
        absent.connections["erp"].address()
    assert str(caught.value) == (
        "recon.yaml:3:18 connections.erp.sql_env: the environment variable ERP_URL is not set, "
        "expected a database address; nothing was run"
    )


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://recon:{SECRET}@db/erp",
        f"postgresql://recon:{SECRET}@{SECRET}@db/erp",
        f"postgresql://recon:{SECRET}/x@db/erp",
        f"postgresql://db/erp?user=recon&password={SECRET}&sslmode=require",
        f"mssql+pyodbc:///?odbc_connect=PWD={SECRET}",
    ],
)
def test_a_password_is_never_printed(project, address) -> None:
    found = project(f"store: '{address}'\nconnections:\n  erp: {{sql: '{address}'}}\n")
    connection = found.connections["erp"]

    for text in (str(found), repr(found), str(connection), repr(connection)):
        assert SECRET not in text
    assert isinstance(connection, SqlConnection)
    assert connection.address() == address


def test_a_password_is_not_printed_by_the_message_about_it(project) -> None:
    address = f"postgresql://recon:{SECRET}@db/erp"

    for text in (
        f"lake: lake\nconnections: '{address}'\n",
        f"lake: lake\nconnections:\n  erp: '{address}'\n",
        f"connections:\n  erp: {{sql_env: '{address}'}}\n",
        f"memory_limit: '{address}'\n",
    ):
        with pytest.raises(RulebookError) as caught:
            project(text)
        assert SECRET not in str(caught.value)
        assert "***" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thread: 2", "recon.yaml:1:1 thread: found an unknown key"),
        ("thread: 2", "expected one that the schema lists, nearest is 'threads'"),
        ("threads: 0", "recon.yaml:1:10 threads: found 0, expected 1 or more"),
        ("memory_limit: lots", "memory_limit: found 'lots', expected text like"),
        ("connections:\n  erp: {}", "recon.yaml:2:8 connections.erp: found 0 of folder, package"),
        ("connections:\n  erp: {folder: a, sql: b}", "found 2 of folder, package, sftp,"),
        ("connections:\n  erp: {folder: }", "connections.erp: found 0 of folder,"),
        ("connections:\n  ERP: {folder: a}", "connections.ERP: found 'ERP', expected text like"),
        ("lake: [", "found what is not YAML"),
        ("", "recon.yaml:1:1 found an empty file"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(project, text, expected) -> None:
    with pytest.raises(RulebookError) as caught:
        project(text)

    assert expected in str(caught.value)
    assert str(caught.value).endswith("nothing was run")


def test_a_project_without_its_file_says_so(tmp_path) -> None:
    with pytest.raises(RulebookError, match=r"recon.yaml:1:1 found no readable file"):
        load_environment(Path(tmp_path), {})
