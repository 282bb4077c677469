"""A store that is opened when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from volrules.store.contract import Store


class LazyStore:
    """Calling it gives the store; safe to share between threads."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open = open_store
        self._store: Store | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Store:
        """The store, opened if need be. Raises StoreError."""
        return self._store or self._opened()

    def close(self) -> None:
        """Close the store, if it was opened."""
        if self._store is not None:
            self._store.close()

    def _opened(self) -> Store:
        with self._lock:
            if self._store is None:
                self._store = self._open()
            return self._store
