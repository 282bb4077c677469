"""Create volumes in a TaskFlow flow: tried again while that may help, taken back when the flow fails.

engine = Engine.open("site.yaml")
flow = linear_flow.Flow("server", retry=WhileItMayHelp()).add(CreateVolume(engine), …)
engines.run(flow, store={"body": body, "context": context, "idempotency_key": request_id})
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from taskflow import retry, task
from taskflow.types.failure import Failure

from volrules import Engine, VolrulesError

Document = Mapping[str, Any]


class CreateVolume(task.Task):
    """Provides ``receipt``, a document; a rejected request is a receipt too, and the flow's to judge."""

    default_provides = "receipt"

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def execute(self, body: Document, context: Document, idempotency_key: str) -> Document:
        """Create the volume, or find the one that an earlier attempt with this key has created."""
        return self._engine.create(body, context, idempotency_key=idempotency_key).to_dict()

    def revert(self, result: Document | Failure, **_: Any) -> None:
        """Take the volume back, and its quota; nothing was created where the task itself has failed."""
        if isinstance(result, Mapping) and result["volume_id"] is not None:
            self._engine.delete(result["volume_id"])


class WhileItMayHelp(retry.Retry):
    """Tries again while whatever has failed says that it may succeed later. ``wait``: seconds, doubled every time."""

    def __init__(self, attempts: int = 5, wait: float = 1.0) -> None:
        super().__init__()
        self._attempts = attempts
        self._wait = wait

    def on_failure(self, history: retry.History, *_: Any, **__: Any) -> str:
        """Retry or revert."""
        _, failures = history[-1]
        hopeful = all(_may_pass(each.exception) for each in failures.values())
        return retry.RETRY if hopeful and len(history) < self._attempts else retry.REVERT

    def execute(self, history: retry.History, *_: Any, **__: Any) -> None:
        """Wait before every attempt but the first."""
        if len(history):
            time.sleep(self._wait * 2 ** (len(history) - 1))


def _may_pass(error: BaseException | None) -> bool:
    return isinstance(error, VolrulesError) and error.retryable
