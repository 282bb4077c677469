"""The volume types that the site declares: what answers look-ups of types last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volrules.hookspecs import hookimpl
from volrules.model import Context, QosSpecs, VolumeType
from volrules.model.request import canonical_uuid, is_uuid


class Catalogue:
    """The site's volume types by id and by name; an id wins over a name, as in Cinder."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        qos = {each["name"]: QosSpecs(**each) for each in document["qos_specs"]}
        types = [
            VolumeType(**{**each, "qos_specs": qos.get(each.get("qos_specs"))}) for each in document["volume_types"]
        ]
        self._by_id = {each.id: each for each in types}
        self._by_name = {each.name: each for each in types}

    @hookimpl(trylast=True)
    def volrules_find_volume_type(self, volume_type_id: str, context: Context) -> VolumeType | None:
        """The declared type of that id, else of that name."""
        by_id = self._by_id
        return (
            by_id.get(volume_type_id)
            or self._by_name.get(volume_type_id)
            or (by_id.get(canonical_uuid(volume_type_id)) if is_uuid(volume_type_id) else None)
        )
