"""Who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from volrules.errors import UsageError
from volrules.wording import is_storable, quoted


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
        texts = (each for each in (self.user_id, self.request_id) if each is not None)
        if not all(map(_is_plain, (self.project_id, *texts, *(() if self.roles is None else self.roles)))):
            self._require_texts()

    def _require_texts(self) -> None:
        _require_text("project_id", self.project_id)
        for member in ("user_id", "request_id"):
            if getattr(self, member) is not None:
                _require_text(member, getattr(self, member))
        for role in () if self.roles is None else self.roles:
            _require_text("roles", role)

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees every project's resources."""
        return self.roles is not None and "admin" in self.roles

    def elevated(self) -> Context:
        """The same caller with the admin role: for look-ups made on the engine's own behalf."""
        return replace(self, roles=(*(self.roles or ()), "admin"))

    def asking(self, request_id: str) -> Context:
        """The same caller with a request of that id. Raises UsageError."""
        _require_text("request_id", request_id)
        # What is copied has been looked at, which is most of what making one costs.
        asking = object.__new__(Context)
        for member, value in (("project_id", self.project_id), ("user_id", self.user_id), ("roles", self.roles)):
            object.__setattr__(asking, member, value)
        object.__setattr__(asking, "request_id", request_id)
        return asking

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
        if type(document) is not dict and isinstance(document, Context):
            return document
        if type(document) is not dict and not isinstance(document, Mapping):
            raise UsageError(f"a context is an object, not {quoted(document)}; give project_id, user_id, roles")
        if not _MEMBERS.issuperset(document):
            unknown = ", ".join(quoted(each) for each in document if each not in _MEMBERS)
            raise UsageError(f"a context has no member {unknown}; its members are {', '.join(sorted(_MEMBERS))}")
        given = document.get
        roles = given("roles")
        if roles is not None:
            if type(roles) not in (list, tuple):
                raise UsageError(f"context roles {quoted(roles)} must be a list of role names")
            roles = tuple(roles)
        project_id, request_id = given("project_id"), given("request_id")
        asker = "default" if project_id is None else project_id, given("user_id"), roles is not None, *(roles or ())
        try:
            caller = _caller(*asker)
        except TypeError:  # one of them cannot be looked up, and is no text
            caller = _made(*asker)
        return caller if request_id is None else caller.asking(request_id)


def _made(project_id: str, user_id: str | None, names_roles: bool, *roles: str) -> Context:
    return Context(project_id, user_id, roles if names_roles else None)


# The same few callers ask again and again, and are looked at once. What is equal to a text is still no text.
_caller = lru_cache(maxsize=1024, typed=True)(_made)


def _is_plain(text: Any) -> bool:
    """Whether it is known at a glance to be well-formed text that is not empty."""
    return type(text) is str and bool(text) and text.isascii() and text.isprintable()


def _require_text(member: str, value: Any) -> None:
    if type(value) is not str or not value or not is_storable(value):
        raise UsageError(f"context {member} {quoted(value)} must be well-formed text without NUL that is not empty")


_ANYONE = Context()
_MEMBERS = frozenset(each.name for each in fields(Context))
