"""Rule 13: the size of a single volume, and what a volume takes of the built-in quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, Spec
from volrules.violations import Violation

_BOUND = "per_volume_gigabytes"


class Quota:
    """Judges ``per_volume_gigabytes``; charges volumes and gigabytes, in all and of the volume's type."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        quotas = options["quotas"]
        self._bound = quotas["default"][_BOUND]
        self._bounds = {project: own[_BOUND] for project, own in quotas["projects"].items() if _BOUND in own}

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """The limits are the site's."""
        return {"quotas": {"meta": {"site": "quotas"}}}

    @hookimpl
    def volrules_validate_volume(self, draft: Draft) -> Violation | None:
        """A size within the limit for a single volume, where there is one."""
        limit, size = self._bounds.get(draft.context.project_id, self._bound), draft.size
        if not 0 <= limit < size:
            return None
        message = f"size {size} GiB is above the limit for one volume; ask for {limit} or less"
        params = {"resource": _BOUND, "requested": size, "limit": limit}
        return built_in("quota.per_volume_gigabytes", "/volume/size", message, **params)

    @hookimpl
    def volrules_quota_usage(self, spec: Spec) -> Mapping[str, int]:
        """One volume and its gigabytes, twice where the volume has a type."""
        usage = {"volumes": 1, "gigabytes": spec.size or 0}
        if spec.volume_type is not None:
            usage |= {f"{resource}_{spec.volume_type}": amount for resource, amount in usage.items()}
        return usage
