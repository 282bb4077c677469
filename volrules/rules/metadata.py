"""Rule 12: metadata as the request says, with keys and values that Cinder's database holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.jsonvalue import pointer
from volrules.model import Draft
from volrules.violations import Violation
from volrules.wording import clip

_LONGEST = 255


@hookimpl(trylast=True)
def volrules_resolve_metadata(draft: Draft) -> tuple[Mapping[str, str], str]:
    """What the request says."""
    return draft.request.metadata, "request"


@hookimpl
def volrules_validate_metadata(draft: Draft) -> Iterator[Violation] | None:
    """No blank key, no key or value beyond 255 characters."""
    metadata = draft.metadata
    for key, value in metadata.items():
        if not 0 < len(key) <= _LONGEST or len(value) > _LONGEST:
            return _objections(metadata)
    return None


def _objections(metadata: Mapping[str, str]) -> Iterator[Violation]:
    if "" in metadata:
        yield built_in("metadata.blank_key", pointer(("volume", "metadata", "")), "a metadata key is empty; name it")
    for key in metadata:
        if len(key) > _LONGEST:
            message = f"metadata key `{clip(key)}` has {len(key)} characters; shorten it to {_LONGEST}"
            yield built_in("metadata.key_too_long", _path(key), message, length=len(key), maximum=_LONGEST)
    for key, value in metadata.items():
        if len(value) > _LONGEST:
            message = f"the value of metadata key `{clip(key)}` has {len(value)} characters; shorten it to {_LONGEST}"
            yield built_in("metadata.value_too_long", _path(key), message, length=len(value), maximum=_LONGEST)


def _path(key: str) -> str:
    return pointer(("volume", "metadata", key))
