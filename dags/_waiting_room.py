"""The waiting room: a second person is asked for each batch; our own store keeps the answer.

An answer counts only where Airflow resumes the question that was asked, with the person it has
authenticated. A task marked as done, or an XCom, says nothing to the store, so nothing is posted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _steps import name_of_user, opened_project
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from recon_engine.deliver import Batch
    from recon_engine.run import Project


@task
def waiting() -> list[str]:
    """Return the ids of the batches that wait for a second person."""
    from recon_engine.deliver import batches

    with opened_project() as project:
        return [one.batch_id for one in batches(project) if one.verdict is None]


class SecondPerson(ApprovalOperator):
    """Asks whether one batch may be posted, unless that was answered before."""

    template_fields = (*ApprovalOperator.template_fields, "batch_id")

    def __init__(self, *, batch_id: str, **more: Any) -> None:
        super().__init__(subject="Post this batch?", **more)
        self.batch_id = batch_id

    def execute(self, context: Context) -> str:
        """Park the task with its question; return the verdict where there is one."""
        from recon_engine.deliver import find_batch

        with opened_project() as project:
            batch = find_batch(project, self.batch_id)
            if batch.verdict is not None:
                return batch.state
            self.subject = f"Post {batch.entity}, {batch.business_date}?"
            self.body = described(project, batch)
        parked: str = super().execute(context)
        return parked

    def execute_complete(self, context: Context, event: dict[str, Any]) -> str:
        """Record the answer of the person Airflow knows, bound to the hash of the batch.

        Raises: Rejected where that person prepared the batch, or it is another by now.
        """
        from recon_engine.deliver import judge

        answer = HITLOperator.execute_complete(self, context, event)
        person = answer["responded_by_user"]
        if person is None:
            raise AirflowFailException("found no person who answered; nothing was decided")
        approved = answer["chosen_options"] == [self.APPROVE]
        with opened_project() as project:
            batch = judge(
                project,
                self.batch_id,
                "approve" if approved else "reject",
                checker=person["name"],
                reason=f"answered in Airflow, run {context['run_id']}",
            )
        return batch.state


def described(project: Project, batch: Batch) -> str:
    """Return what a person must know of a batch before the answer, as Markdown."""
    from recon_engine.deliver import debits
    from recon_engine.money import Money

    totals = [str(Money(minor, currency)) for currency, minor in debits(project, batch).items()]
    return "\n".join(
        (
            f"- entity {batch.entity}, ledger {batch.ledger}",
            f"- business date {batch.business_date}",
            f"- {len(batch.rows)} journals, {batch.reversals} of them reversals",
            *([f"- all of the closed period {batch.late_period}"] if batch.late_period else []),
            f"- {sum(batch.summaries.values())} go out in {len(batch.summaries)} summary journals",
            f"- debits {', '.join(totals)}",
            f"- prepared by {batch.maker}",
            f"- hash `{batch.batch_id}`",
        )
    )


@task
def post() -> list[str]:
    """Post what our store says was approved, whatever became of the question; return documents."""
    from recon_engine.deliver import post_approved

    with opened_project() as project:
        posted, _ = post_approved(project, actor=name_of_user(get_current_context()))
    if failed := [one.message for one in posted if one.rejected or one.unsure or one.dead]:
        raise AirflowFailException("; ".join(failed))
    return [document for one in posted for document in one.documents]


@task_group
def decide_and_post(batch_id: str) -> None:
    """Ask for one batch, then post."""
    (
        SecondPerson(task_id="ask", batch_id=batch_id, map_index_template="{{ task.subject }}")
        >> post()
    )
