"""The Celery example, with a real worker in a thread and a broker in memory."""

from __future__ import annotations

import time

import pytest

from volrules import UsageError
from volrules.testing import a_context, a_request

worker = pytest.importorskip("celery.contrib.testing.worker")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def celery(example):
    """The example, with a worker."""
    module = example("with_celery")
    module.app.conf.update(broker_url="memory://", result_backend="cache+memory://", volrules_wait=0.01)
    with worker.start_worker(module.app, pool="solo", perform_ping_check=False, loglevel="error"):
        yield module


@pytest.fixture
def create(celery, engine, monkeypatch):
    """Send a task; its result."""
    monkeypatch.setattr(celery, "engine", lambda: engine)

    def create(body=None, **options):
        task = celery.create_volume.apply_async((body or a_request(), a_context()), **options)
        return task.get(timeout=20, interval=0.01)

    return create


def test_a_volume_is_created(create, engine):
    receipt = create()
    assert [each.id for each in engine.volumes()] == [receipt["volume_id"]]


def test_an_answer_that_was_lost_is_asked_for_again(create, engine):
    engine.lost = 2
    receipt = create()
    assert receipt["replayed"]
    assert [each.id for each in engine.volumes()] == [receipt["volume_id"]]


def test_a_task_that_is_delivered_twice_makes_one_volume(create, engine):
    create(task_id="t-1")
    create(task_id="t-1")  # its result is there already: the worker may still be at it
    end = time.monotonic() + 20
    while engine.answers < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert engine.answers == 2
    assert len(engine.volumes()) == 1


def test_what_is_useless_is_not_tried_again(create, engine):
    engine.faulty = True
    with pytest.raises(UsageError):
        create()
    assert engine.calls == 1


def test_a_rejection_is_an_answer(create):
    assert create(a_request(size=0))["outcome"] == "rejected"
