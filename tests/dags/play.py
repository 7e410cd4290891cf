"""Plays both DAGs in an Airflow of its own and prints what happened as one JSON object.

A process of its own, so that Airflow's settings and its database are nobody else's. Answers are
given as people give them: by REST, as a user whom Airflow has authenticated.

usage: python -m tests.dags.play FOLDER, with the environment of tests/dags/conftest.py
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

DAGS = Path(__file__).resolve().parents[2] / "dags"
MONDAY = date(2026, 3, 2)
HEAVY = ("pandas", "great_expectations", "duckdb", "pyarrow", "recon_engine.run")
ASK, POST = "decide_and_post.ask", "decide_and_post.post"
SECONDS = 60
Answer = Callable[[Any, str], None]


def parse() -> dict[str, Any]:
    """Return the DAGs by name, as a processor reads them, and what reading them imported."""
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    assert not bag.import_errors, bag.import_errors
    return {"dags": bag.dags, "heavy": [name for name in HEAVY if name in sys.modules]}


def shape(dag: Any) -> dict[str, Any]:
    """Return mapping, trigger rule and neighbours of every task."""
    from airflow.sdk import TriggerRule

    return {
        task.task_id: {
            "mapped": task.is_mapped,
            "rule": TriggerRule(task.trigger_rule).value,
            "after": sorted(task.upstream_task_ids),
            "policy": task.retry_policy is not None,
        }
        for task in dag.tasks
    }


def first_by_schedule(dag: Any, moment: str) -> str:
    """Return when a DAG that is switched on at a moment runs by itself for the first time."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction
    from pendulum import parse as moment_of

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    with patch("airflow.timetables.trigger.utcnow", return_value=moment_of(moment)):
        free = TimeRestriction(None, None, catchup=False)
        first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=free)
    return str(first.run_after)


def told(run: Any) -> dict[str, Any]:
    """Return how a run ended, each of its tasks, and everything that XCom holds of it."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    states: dict[str, dict[str, str]] = {}
    for one in run.get_task_instances():
        label = one.rendered_map_index or str(one.map_index)
        states.setdefault(one.task_id, {})[label] = str(one.state)
    with create_session() as session:
        kept = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id)).all()
        values = [one.value for one in kept]
    return {"state": str(run.state), "run_id": run.run_id, "tasks": states, "xcom": values}


def make_books(folder: Path) -> Path:
    """Make a company of one day whose files lie ready."""
    from recon_engine.cli.project import make_project
    from recon_engine.demo import make_world, write_world

    make_project(folder)
    write_world(make_world(MONDAY, 1, payments_a_day=20), folder)
    return folder


def play_night(dag: Any, folder: Path) -> dict[str, Any]:
    """Run the night of a project, and return what came of it."""
    os.environ["AIRFLOW_VAR_RECON_PROJECT"] = str(folder)
    return told(dag.test(run_conf={"business_date": str(MONDAY)}))


def play_approval(dag: Any, folder: Path, answer: Answer | None = None) -> dict[str, Any]:
    """Run the waiting room of a project, while somebody answers from outside."""
    os.environ["AIRFLOW_VAR_RECON_PROJECT"] = str(folder)
    if answer is not None:
        Thread(target=when_asked, args=(answer,), daemon=True).start()
    return told(dag.test())


def when_asked(answer: Answer) -> None:
    """Answer once a question waits."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    waits = select(TaskInstance.run_id).where(TaskInstance.state == "awaiting_input")
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with create_session() as session:
            found = session.scalars(waits).first()
        if found is not None:
            answer(browser(), found)
            return
        time.sleep(0.5)


def browser() -> Any:
    """Return a client of Airflow's own API."""
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    return TestClient(create_app(apps="core"), raise_server_exceptions=False)


def token(name: str, role: str) -> dict[str, str]:
    """Return the header of an authenticated user."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    signed = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role))
    return {"Authorization": f"Bearer {signed}"}


def says(option: str, person: str) -> Answer:
    """Return the answer of a person, by the form of Required Actions."""

    def answer(api: Any, run_id: str) -> None:
        place = f"/api/v2/dags/approval/dagRuns/{run_id}/taskInstances/{ASK}/0/hitlDetails"
        body = {"chosen_options": [option], "params_input": {}}
        done = api.patch(place, json=body, headers=token(person, "admin"))
        assert done.status_code == 200, done.text

    return answer


def forge(api: Any, run_id: str) -> None:
    """Do what a user may who prepared the batch: write the answer to XCom, mark the task done."""
    place = f"/api/v2/dags/approval/dagRuns/{run_id}/taskInstances/{ASK}"
    header = token("recon service", "op")
    value = {"chosen_options": ["Approve"], "responded_by_user": {"id": "x", "name": "boss"}}
    for key, forged in (("return_value", "approved"), ("answer", value)):
        body = {"key": key, "value": forged, "map_index": 0}
        made = api.post(f"{place}/xcomEntries", json=body, headers=header)
        assert made.status_code == 201, made.text
    marked = api.patch(f"{place}/0", json={"new_state": "success"}, headers=header)
    assert marked.status_code == 200, marked.text


def main(folder: Path) -> None:
    """Play everything and print what came of it."""
    from airflow.utils.db import initdb

    initdb()
    parsed = parse()
    night, approval = parsed["dags"]["nightly_settlement"], parsed["dags"]["approval"]
    played: dict[str, Any] = {
        "heavy": parsed["heavy"],
        "shapes": {name: shape(dag) for name, dag in parsed["dags"].items()},
        "first": first_by_schedule(night, "2026-03-02T04:10:00+01:00"),
    }
    refused = make_books(folder / "refused")
    (refused / "inbox" / "northpay" / "northpay_eur_undated.csv").write_text("no day in the name\n")
    played["refused"] = play_night(night, refused)
    played["green"] = play_night(night, make_books(folder / "green"))
    assert played["green"]["state"] == "success", played["green"]["tasks"]
    for name, answer in (
        ("second person", says("Approve", "controller")),
        ("maker", says("Approve", "recon service")),
        ("forger", forge),
    ):
        books = Path(shutil.copytree(folder / "green", folder / name))
        played[name] = play_approval(approval, books, answer)
    played["again"] = play_approval(approval, folder / "second person")
    print(json.dumps(played))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
