"""Which file a plugin is in: found without importing it, since that may be what went wrong."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec


def place_of(module: str) -> str:
    """The file of a module by its dotted name; the name itself where nobody can tell."""
    with suppress(Exception):  # other people's import hooks
        return getattr(sys.modules.get(module), "__file__", None) or getattr(_spec(module), "origin", None) or module
    return module


def _spec(module: str) -> ModuleSpec | None:
    """As importlib finds it, which would import the packages above it, though."""
    top, *rest = module.split(".")
    spec, name = find_spec(top), top
    for each in rest:
        name = f"{name}.{each}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations) if spec else None
    return spec
