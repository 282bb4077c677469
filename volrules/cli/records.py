"""Prints what the engine tells of itself: as a table, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from volrules.cli.terminal import aligned, compact, indented, printable, table, write


def plain(value: Any) -> Any:
    """The JSON form of a value: dataclasses and mappings as objects, times as ISO 8601."""
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def show(values: Iterable[Any], columns: Sequence[str], text_format: str) -> None:
    """Print records, as text only these columns of them."""
    records = [plain(each) for each in values]
    if text_format == "text":
        write(table(columns, ([each[column] for column in columns] for each in records)))
    else:
        write(_json(records, text_format))


def show_one(value: Any, text_format: str) -> None:
    """Print a record, as text a member a line, without those that say nothing."""
    record = plain(value)
    if text_format == "text":
        told = [(key, _member(each)) for key, each in record.items() if each not in (None, {}, [])]
        write("".join(f"{line}\n" for line in aligned(told)))
    else:
        write(_json([record], "jsonl") if text_format == "jsonl" else f"{indented(record)}\n")


def show_document(document: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    write(f"{indented(plain(document))}\n")


def _member(value: Any) -> str:
    return printable(value if isinstance(value, str) else compact(value))


def _json(records: list[Any], text_format: str) -> str:
    if text_format == "jsonl":
        return "".join(f"{compact(each)}\n" for each in records)
    return f"{indented(records)}\n"
