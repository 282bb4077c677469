"""The TaskFlow example, in real flows."""

from __future__ import annotations

import pytest

from volrules import UsageError
from volrules.testing import a_context, a_request

engines = pytest.importorskip("taskflow.engines")
from taskflow import task  # noqa: E402
from taskflow.patterns import linear_flow  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Fails(task.Task):
    def execute(self, receipt):
        raise ZeroDivisionError


@pytest.fixture
def run(example, engine):
    taskflow = example("with_taskflow")

    def run(*more, body=None):
        flow = linear_flow.Flow("volume", retry=taskflow.WhileItMayHelp(attempts=3, wait=0.001))
        store = {"body": body or a_request(), "context": a_context(), "idempotency_key": "r-1"}
        return engines.run(flow.add(taskflow.CreateVolume(engine), *more), store=store)["receipt"]

    return run


def test_a_volume_is_created(run, engine):
    receipt = run()
    assert receipt["outcome"] == "created"
    assert [each.id for each in engine.volumes()] == [receipt["volume_id"]]


def test_an_answer_that_was_lost_is_asked_for_again(run, engine):
    engine.lost = 2
    receipt = run()
    assert receipt["replayed"]
    assert [each.id for each in engine.volumes()] == [receipt["volume_id"]]


def test_it_is_not_tried_for_ever(run, engine):
    engine.lost = 9
    with pytest.raises(Exception, match="does not answer"):
        run()
    assert engine.calls == 3


def test_what_is_useless_is_not_tried_again(run, engine):
    engine.faulty = True
    with pytest.raises(UsageError):
        run()
    assert engine.calls == 1


def test_a_rejection_is_an_answer(run):
    assert run(body=a_request(size=0))["outcome"] == "rejected"


def test_a_flow_that_fails_takes_the_volume_back(run, engine):
    with pytest.raises(ZeroDivisionError):
        run(Fails())
    assert engine.volumes() == []
    assert {each.in_use for each in engine.quota()} <= {0}
