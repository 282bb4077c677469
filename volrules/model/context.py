"""Who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from volrules.errors import UsageError


@dataclass(frozen=True, slots=True)
class Context:
    """The caller of a request.

    ``roles``: None when the application has authorized the caller already.
    """

    project_id: str = "default"
    user_id: str | None = None
    roles: tuple[str, ...] | None = None
    request_id: str | None = None

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
            raise UsageError(f"a context is an object, not `{document!r}`; give project_id, user_id, roles")
        given = {key: value for key, value in document.items() if value is not None}
        for key, value in given.items():
            _check_member(key, value)
        if "roles" in given:
            given["roles"] = tuple(given["roles"])
        return cls(**given)


_ANYONE = Context()
_MEMBERS = tuple(each.name for each in fields(Context))


def _check_member(key: Any, value: Any) -> None:
    if key not in _MEMBERS:
        raise UsageError(f"a context has no member `{key}`; its members are {', '.join(_MEMBERS)}")
    if key == "roles":
        if not isinstance(value, list | tuple) or not all(isinstance(role, str) for role in value):
            raise UsageError(f"context roles `{value!r}` must be a list of role names")
    elif not isinstance(value, str) or not value:
        raise UsageError(f"context {key} `{value!r}` must be a text that is not empty")
