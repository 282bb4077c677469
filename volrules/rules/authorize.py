"""Rule 2: who may create volumes. A context without roles comes from an application that has authorized already."""

from __future__ import annotations

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Context, VolumeRequest
from volrules.violations import Violation


@hookimpl
def volrules_authorize(request: VolumeRequest, context: Context) -> Violation | None:
    """One of the caller's roles is admin or member (Cinder's default policy for volume:create)."""
    if context.roles is None or "member" in context.roles or "admin" in context.roles:
        return None
    roles = ", ".join(f"`{role}`" for role in context.roles) or "none"
    message = f"creating volumes needs the role `admin` or `member`, but the roles are {roles}; ask for one of them"
    return built_in("policy.not_authorized", "", message, roles=context.roles)
