"""JSON Lines end to end, a chunk at a time: bytes, body, decision, document, text."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import jiter

from volrules import Decision, Engine
from volrules.cli.terminal import compact
from volrules.model import Context
from volrules.order import Order
from volrules.reading.chunks import Chunks
from volrules.reading.request_lines import RequestLine, read_requests

from . import samples
from .floor import Floor
from .timing import Figure, measure

LINES = 200


def figures(engine: Engine, floor: Floor, rounds: int) -> list[Figure]:
    """For a stream of plain requests, and for one of generated ones, half of them spoilt; nanoseconds are of a line."""
    plain = [samples.BODIES["plain"]] * LINES
    mixed = [body for body, _ in samples.cases(LINES, seed=2)]
    return [*_stream("plain", plain, engine, floor, rounds), *_stream("mixed", mixed, engine, floor, rounds)]


def _stream(name: str, bodies: list[Any], engine: Engine, floor: Floor, rounds: int) -> list[Figure]:
    lines = [{"id": number, "context": samples.CONTEXT, "request": body} for number, body in enumerate(bodies)]
    text = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
    base = f"floor, {name} lines"
    works = {base: partial(_by_hand, floor, text), f"volrules, {name} lines": partial(_by_engine, engine, text)}
    measured = measure(works, rounds, base, turn=20_000_000)
    return [replace(each, nanoseconds=round(each.nanoseconds / LINES, 1)) for each in measured]


def _by_engine(engine: Engine, text: bytes) -> list[str]:
    written = []
    for lines in read_requests(Chunks(BytesIO(text)), lines_only=True):
        orders = (
            Order(each.request, Context.from_dict(each.context), None, each.id)
            for each in lines
            if isinstance(each, RequestLine)
        )
        written += [compact(each.to_dict()) for each in engine.check_many(orders) if isinstance(each, Decision)]
    return written


def _by_hand(floor: Floor, text: bytes) -> list[str]:
    written = []
    for line in BytesIO(text):
        document = jiter.from_json(line, catch_duplicate_keys=True, allow_inf_nan=False)
        accepted, found, dispatch = floor.decide(document["request"], document["context"])
        written.append(compact(_document(document["id"], found, dispatch, accepted=accepted)))
    return written


def _document(line: Any, found: Any, dispatch: Any, *, accepted: bool) -> dict[str, Any]:
    if accepted:
        return {"id": line, "outcome": "accepted", "spec": found, "dispatch": dispatch, "violations": []}
    violations = [{"code": code, "path": path} for code, path in found]
    return {"id": line, "outcome": "rejected", "spec": None, "dispatch": None, "violations": violations}
