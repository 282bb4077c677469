"""Create volumes in Celery workers: the task's id is the idempotency key, so a task may be delivered twice.

celery --app with_celery worker
create_volume.delay(body, context).get()
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

from celery import Celery, Task

from volrules import Engine, VolrulesError

app = Celery("volumes", broker=os.environ.get("CELERY_BROKER_URL", "amqp://"), backend="rpc://")


@functools.cache
def engine() -> Engine:
    """One for all tasks: an engine may be shared between threads, and outlives a fork."""
    return Engine.open(os.environ.get("VOLRULES_SITE", "site.yaml"))


# Acknowledged late: what a killed worker had in hand is delivered once more, with the same id.
@app.task(bind=True, acks_late=True, reject_on_worker_lost=True, max_retries=8)
def create_volume(self: Task, body: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt; a rejected request is a receipt too. Raises VolrulesError where trying again is useless."""
    try:
        return engine().create(body, context, idempotency_key=self.request.id).to_dict()
    except VolrulesError as error:
        if not error.retryable:
            raise
        wait = min(300, 2**self.request.retries) * app.conf.get("volrules_wait", 1.0)
        raise self.retry(exc=error, countdown=wait) from error
