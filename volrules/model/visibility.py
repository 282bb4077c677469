"""Who sees what."""

from __future__ import annotations

from volrules.model.context import Context
from volrules.model.resources import Backup, Image, Snapshot, Volume


def visible(resource: Volume | Snapshot | Backup | Image, context: Context) -> bool:
    """Whether a resource exists for the caller.

    Another project's does not, unless it is shared or the caller an admin; what names no project is everyone's.
    """
    return resource.shared or resource.project_id in (None, context.project_id) or context.is_admin
