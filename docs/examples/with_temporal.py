"""Create volumes in Temporal workflows: an activity with a key that every attempt at it shares.

engine = Engine.open("site.yaml")
worker = Worker(client, task_queue="volumes", workflows=[VolumeWorkflow], activities=[Volumes(engine).create],
                activity_executor=ThreadPoolExecutor(16))
receipt = await client.execute_workflow(VolumeWorkflow.run, args=[body, context], id=…, task_queue="volumes")
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from volrules import Engine, VolrulesError

Document = dict[str, Any]


class Volumes:
    """Activities on one engine, which all threads of a worker share."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @activity.defn(name="create-volume")
    def create(self, body: Document, context: Document) -> Document:
        """The receipt; a rejected request is a receipt too, and the workflow's to judge."""
        this = activity.info()
        try:
            key = f"{this.workflow_id}/{this.activity_id}"
            return self._engine.create(body, context, idempotency_key=key).to_dict()
        except VolrulesError as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=not error.retryable) from error


@workflow.defn(name="volume")
class VolumeWorkflow:
    """Creates one volume."""

    @workflow.run
    async def run(self, body: Document, context: Document) -> Document:
        """The receipt."""
        receipt: Document = await workflow.execute_activity(
            "create-volume",
            args=[body, context],
            start_to_close_timeout=timedelta(seconds=30),
            schedule_to_close_timeout=timedelta(hours=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
        )
        return receipt
