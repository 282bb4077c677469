"""Rule 10: the QoS specs are the volume type's."""

from __future__ import annotations

from volrules.hookspecs import hookimpl
from volrules.model import Draft, QosSpecs

_NONE: tuple[QosSpecs | None, str] = (None, "volume_type")


@hookimpl(trylast=True)
def volrules_resolve_qos_specs(draft: Draft) -> tuple[QosSpecs | None, str]:
    """The type's QoS specs, or none."""
    kind = draft.volume_type
    return _NONE if kind is None else (kind.qos_specs, "volume_type")
