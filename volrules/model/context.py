"""Who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from volrules.errors import UsageError
from volrules.wording import is_well_formed, quoted


@dataclass(frozen=True, slots=True)
class Context:
    """The caller of a request.

    ``roles``: None when the application has authorized the caller already.
    Raises UsageError for members of the wrong type.
    """

    project_id: str = "default"
    user_id: str | None = None
    roles: tuple[str, ...] | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        _require_text("project_id", self.project_id)
        if self.user_id is not None:
            _require_text("user_id", self.user_id)
        if self.request_id is not None:
            _require_text("request_id", self.request_id)
        if self.roles is not None:
            for role in self.roles:
                _require_text("roles", role)

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees every project's resources."""
        return self.roles is not None and "admin" in self.roles

    def elevated(self) -> Context:
        """The same caller with the admin role: for look-ups made on the engine's own behalf."""
        return replace(self, roles=(*(self.roles or ()), "admin"))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of a request line's ``context``."""
        roles = None if self.roles is None else list(self.roles)
        return {"project_id": self.project_id, "user_id": self.user_id, "roles": roles, "request_id": self.request_id}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any] | Context | None) -> Context:
        """Read a request line's ``context``; absent and null members take their defaults.

        Raises UsageError for unknown members and wrong types.
        """
        if document is None:
            return _ANYONE
        if isinstance(document, Context):
            return document
        if not isinstance(document, Mapping):
            raise UsageError(f"a context is an object, not {quoted(document)}; give project_id, user_id, roles")
        if not document.keys() <= _MEMBERS:
            unknown = ", ".join(quoted(each) for each in document if each not in _MEMBERS)
            raise UsageError(f"a context has no member {unknown}; its members are {', '.join(sorted(_MEMBERS))}")
        given = document.get
        roles = given("roles")
        if roles is not None:
            if type(roles) not in (list, tuple):
                raise UsageError(f"context roles {quoted(roles)} must be a list of role names")
            roles = tuple(roles)
        project_id = given("project_id")
        return cls("default" if project_id is None else project_id, given("user_id"), roles, given("request_id"))


def _require_text(member: str, value: Any) -> None:
    if type(value) is not str or not value or not is_well_formed(value):
        raise UsageError(f"context {member} {quoted(value)} must be well-formed text that is not empty")


_ANYONE = Context()
_MEMBERS = frozenset(each.name for each in fields(Context))
