"""Rule 13: the size of a single volume, and what a volume takes of the built-in quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, Spec
from volrules.violations import Violation

_BOUND = "per_volume_gigabytes"


class Quota:
    """Judges ``per_volume_gigabytes``; charges volumes and gigabytes, in all and of the volume's type."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._quotas = options["quotas"]

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """The limits are the site's."""
        return {"quotas": {"meta": {"site": "quotas"}}}

    @hookimpl
    def volrules_validate_volume(self, draft: Draft) -> Iterator[Violation]:
        """A size within the limit for a single volume, where there is one."""
        limits = self._quotas["projects"].get(draft.context.project_id, {})
        limit = limits.get(_BOUND, self._quotas["default"][_BOUND])
        if 0 <= limit < draft.size:
            message = f"size {draft.size} GiB is above the limit for one volume; ask for {limit} or less"
            params = {"resource": _BOUND, "requested": draft.size, "limit": limit}
            yield built_in("quota.per_volume_gigabytes", "/volume/size", message, **params)

    @hookimpl
    def volrules_quota_usage(self, spec: Spec) -> Mapping[str, int]:
        """One volume and its gigabytes, twice where the volume has a type."""
        usage = {"volumes": 1, "gigabytes": spec.size or 0}
        if spec.volume_type is not None:
            usage |= {f"{resource}_{spec.volume_type}": amount for resource, amount in usage.items()}
        return usage
