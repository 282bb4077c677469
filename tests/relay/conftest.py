"""The same databases as the store's tests have, and what is killed beside them."""

from __future__ import annotations

from ..store.conftest import postgresql_url, server

__all__ = ["postgresql_url", "server"]
