"""The same databases as the store's tests have."""

from __future__ import annotations

from ..store.conftest import Opener, opener, postgresql_url, server, store, url

__all__ = ["Opener", "opener", "postgresql_url", "server", "store", "url"]
