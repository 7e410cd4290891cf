"""Steps: a night as tasks of Airflow. What a task does is recon_engine's own; here is its order.

Nothing of the engine is imported before a task runs, so that a file is read in no time. XCom
carries ids and hashes; no task believes another's: what was staged, weighed and approved is looked
up in the project's own store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    Asset,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    Variable,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from recon_engine.run import Project
    from recon_engine.run.attempt import Attempt
    from recon_engine.stages.stage import Grain

GRAINS: dict[Grain, str] = {
    "source": "sources",
    "reconciliation": "reconciliations",
    "entity": "entities",
}
"""Every grain, and the task that names its scopes."""

STAGES: dict[str, Grain] = {
    "landing": "source",
    "canonical": "source",
    "matching": "reconciliation",
    "allocation": "reconciliation",
    "journals": "entity",
    "approval": "entity",
    "posting": "entity",
    "reporting": "entity",
}
"""Every stage and its grain, in order; a test holds them against `recon_engine.pipeline`."""

RETRY_UNAVAILABLE: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,  # a factor
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception="recon_engine.errors.Unavailable", action=RetryAction.RETRY)],
        default=RetryAction.FAIL,
    ),
}
"""Asking again may help where something is not there or busy, and nowhere else."""

BATCHES = Asset("recon_batches", uri="recon://batches")
"""Changes when a night has closed: there may be batches that wait for a second person."""


@contextmanager
def opened_project() -> Iterator[Project]:
    """Yield the project whose folder the Airflow variable `recon_project` names.

    `AIRFLOW_VAR_RECON_PROJECT` in the environment is such a variable.
    """
    from recon_engine.run import open_project

    with open_project(Path(Variable.get("recon_project"))) as project:
        yield project


@contextmanager
def opened_attempt() -> Iterator[Attempt]:
    """Yield the attempt that this run of the DAG is: its date, and our run id made from its own."""
    from recon_engine.run.attempt import Attempt

    context = get_current_context()
    day, name = business_date(context), context["run_id"]
    with opened_project() as project:
        run_id = f"{day:%Y%m%d}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        yield Attempt(project, day, run_id)


@contextmanager
def resumed_attempt() -> Iterator[Attempt]:
    """Yield the attempt, taken up again where it stopped; it is left alone where it has ended."""
    with opened_attempt() as attempt:
        status = attempt.project.state.resume_run(attempt.run_id)
        if status == "done":
            raise AirflowSkipException(f"run {attempt.run_id} has ended; nothing was run")
        if status is None:
            raise AirflowFailException(f"run {attempt.run_id} was never begun; nothing was run")
        yield attempt


def business_date(context: Context) -> date:
    """Return the date to reconcile: the one given, else the day before a scheduled night.

    Raises: AirflowFailException where a run by hand names none: a date must not be guessed.
    """
    if given := context["params"].get("business_date"):
        return date.fromisoformat(given)
    run = context["dag_run"]
    if run.run_type not in ("scheduled", "backfill") or run.data_interval_end is None:
        raise AirflowFailException(
            "business_date: found nothing, expected YYYY-MM-DD for a run by hand; nothing was run"
        )
    zone = ZoneInfo(context["params"]["zone"])
    return run.data_interval_end.astimezone(zone).date() - timedelta(days=1)


def name_of_user(context: Context) -> str:
    """Return who asked for a run: the user of Airflow, or its schedule."""
    return context["dag_run"].triggering_user_name or "airflow schedule"


@task.short_circuit
def plan() -> str:
    """Begin the night and return its run id; a sealed date has nothing to do, and ends here."""
    from recon_engine.night import begin_night

    with opened_attempt() as attempt:
        begun = begin_night(attempt, actor=name_of_user(get_current_context()))
    return attempt.run_id if begun else ""


def name_scopes(grain: Grain, plural: str) -> Any:
    """Return the task that names the scopes of a grain."""

    @task(task_id=plural)
    def scopes_of() -> list[str]:
        from recon_engine.run.scopes import scopes

        with opened_project() as project:
            return list(scopes(project.rulebook, grain))

    return scopes_of()


@task(map_index_template="{{ scope }}")
def pull(scope: str) -> list[str]:
    """Take the files of one source; return what landed."""
    from recon_engine.night import pull_source

    _show(scope)
    with resumed_attempt() as attempt:
        report = pull_source(attempt, scope)
    return [delivery.file_id for delivery in report.delivered]


def stage_each(name: str) -> Any:
    """Return the task that stages one scope of a stage; what is held is skipped."""

    @task(task_id=name, map_index_template="{{ scope }}", trigger_rule="all_done")
    def stage_scope(scope: str) -> dict[str, str]:
        from recon_engine.night import stage_one

        _show(scope)
        with resumed_attempt() as attempt:
            staged = stage_one(attempt, _stage(name), scope)
        if staged.status == "stopped":
            raise AirflowFailException(staged.message)
        if staged.status == "held":
            raise AirflowSkipException(staged.message)
        return {"run_key": staged.run_key, "manifest": staged.manifest_sha}

    return stage_scope


def weigh_all(name: str) -> Any:
    """Return the task that weighs all scopes of a stage and publishes those that pass."""

    @task(task_id=f"{name}_gate", trigger_rule="all_done")
    def weigh() -> dict[str, str]:
        from recon_engine.night import weigh_one

        with resumed_attempt() as attempt:
            result = weigh_one(attempt, _stage(name))
        if stopped := [s.message for s in result.scopes if s.status == "stopped"]:
            raise AirflowFailException("; ".join(stopped))
        return {scope.scope: scope.status for scope in result.scopes}

    return weigh


@task(trigger_rule="all_done", outlets=[BATCHES])
def close() -> str:
    """Seal what is green, write the night and its gates, record how the run ended; return it."""
    from recon_engine.night import close_night

    with resumed_attempt() as attempt:
        close_night(attempt)
    return attempt.run_id


@task(trigger_rule="all_done")
def report() -> None:
    """Write the report of every entity, mail it once where there is a door; fail if one stopped."""
    from recon_engine.deliver.mailing import send_reports, write_reports
    from recon_engine.render.report import Stopped

    with opened_attempt() as attempt:
        project = attempt.project
        entities = sorted(project.rulebook.accounts)
        written = write_reports(
            project, attempt.business_date, entities, project.folder / "reports"
        )
        sent = (
            [] if project.environment.mail is None else send_reports(project, written, again=False)
        )
    unsure = [f"{mail.subject}: {mail.message}" for mail in sent if mail.state == "unsure"]
    stopped = [one.report.headline for one in written if isinstance(one.report, Stopped)]
    if unsure or stopped:
        raise AirflowFailException("; ".join([*stopped, *unsure]))


def night() -> None:
    """Put the tasks in order: pull, every stage and its gate, close, report."""
    named = {grain: name_scopes(grain, plural) for grain, plural in GRAINS.items()}
    plan() >> list(named.values())
    last = pull.expand(scope=named["source"])
    for name, grain in STAGES.items():
        staged, weighed = stage_each(name).expand(scope=named[grain]), weigh_all(name)()
        last >> staged >> weighed
        last = weighed
    last >> close() >> report()


def _stage(name: str) -> Any:
    from recon_engine.pipeline import STAGES as PIPELINE

    return next(stage for stage in PIPELINE if stage.name == name)


def _show(scope: str) -> None:
    context: Any = get_current_context()  # what it holds beside its own keys, a template may read
    context["scope"] = scope
