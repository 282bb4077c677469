"""Whether the distributions that a site or a plugin requires are there, in a version that will do (PEP 508)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import InvalidRequirement, Requirement

from volrules.host.plugin import OWN


def unmet(requirements: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The requirements that are not met, each with the reason and the way out."""
    for text in requirements:
        try:
            reason = _reason(Requirement(text))
        except InvalidRequirement:
            reason = "is no requirement; write one such as `volrules-acme>=2,<3`"
        if reason is not None:
            yield text, reason


def unmet_by_host(distribution: str) -> str | None:
    """What a plugin's distribution asks of volrules and does not get; None when it gets it."""
    asked = (each for each in requires(distribution) or () if Requirement(each).name == OWN)
    return next((f"needs `{text}`, which {reason}" for text, reason in unmet(asked)), None)


def _reason(requirement: Requirement) -> str | None:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"is not installed; run `pip install '{requirement}'`"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"is not met by the installed {installed}; run `pip install '{requirement}'`"
