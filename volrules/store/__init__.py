"""The store: volumes, usages and messages in SQLite or PostgreSQL, written in one transaction that cannot leak."""

from volrules.store.contract import Store as Store
from volrules.store.opening import open_store as open_store
