"""Admission control for block-storage volumes: the public names.

``Engine`` checks and creates; ``hookimpl``, ``violation`` and the values beside them are what plugins are written with.
Nothing inside the package imports from here.
"""

from typing import TYPE_CHECKING, Any

from volrules.version import VERSION

if TYPE_CHECKING:
    from volrules.engine import Engine as Engine
    from volrules.errors import DocumentError as DocumentError
    from volrules.errors import InventoryError as InventoryError
    from volrules.errors import PluginError as PluginError
    from volrules.errors import Refused as Refused
    from volrules.errors import SiteError as SiteError
    from volrules.errors import StoreError as StoreError
    from volrules.errors import StoreUnavailable as StoreUnavailable
    from volrules.errors import StoreUncertain as StoreUncertain
    from volrules.errors import TransitionError as TransitionError
    from volrules.errors import UsageError as UsageError
    from volrules.errors import VolrulesError as VolrulesError
    from volrules.errors import VolumeUnknown as VolumeUnknown
    from volrules.hookspecs import hookimpl as hookimpl
    from volrules.model import Backup as Backup
    from volrules.model import Context as Context
    from volrules.model import Decision as Decision
    from volrules.model import Draft as Draft
    from volrules.model import Image as Image
    from volrules.model import Message as Message
    from volrules.model import Provenance as Provenance
    from volrules.model import QosSpecs as QosSpecs
    from volrules.model import Receipt as Receipt
    from volrules.model import Report as Report
    from volrules.model import Resolved as Resolved
    from volrules.model import Snapshot as Snapshot
    from volrules.model import Spec as Spec
    from volrules.model import Unresolved as Unresolved
    from volrules.model import Volume as Volume
    from volrules.model import VolumeRequest as VolumeRequest
    from volrules.model import VolumeType as VolumeType
    from volrules.order import Order as Order
    from volrules.violations import Violation as Violation
    from volrules.violations import violation as violation

__version__ = VERSION

_HOMES = {
    "volrules.engine": ("Engine",),
    "volrules.errors": (
        "DocumentError",
        "InventoryError",
        "PluginError",
        "Refused",
        "SiteError",
        "StoreError",
        "StoreUnavailable",
        "StoreUncertain",
        "TransitionError",
        "UsageError",
        "VolrulesError",
        "VolumeUnknown",
    ),
    "volrules.hookspecs": ("hookimpl",),
    "volrules.model": (
        "Backup",
        "Context",
        "Decision",
        "Draft",
        "Image",
        "Message",
        "Provenance",
        "QosSpecs",
        "Receipt",
        "Report",
        "Resolved",
        "Snapshot",
        "Spec",
        "Unresolved",
        "Volume",
        "VolumeRequest",
        "VolumeType",
    ),
    "volrules.order": ("Order",),
    "volrules.violations": ("Violation", "violation"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605 - a list of names, put together from one table


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without what it does not need."""
    if name not in _HOME:
        raise AttributeError(f"module `volrules` has no attribute `{name}`")
    import importlib

    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value
