"""The site: what the operator declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from volrules.documents import EMPTY, empty, freeze
from volrules.errors import SiteError
from volrules.reading.diagnosis import problems
from volrules.reading.operator_file import Source, read
from volrules.violations import Enforcement

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """How a plugin is run; ``timeout`` in seconds, None: called inline, without a limit."""

    enabled: bool = True
    failure_policy: Literal["fail", "ignore"] = "fail"
    timeout: float | None = 10.0
    options: Mapping[str, Any] = field(default_factory=empty)


class RelaySettings(NamedTuple):
    """How long the relay goes on; times in seconds.

    ``attempts``: how many a message is given. ``deadline``: its age after which a failed attempt is its last.
    ``lease``: how long a message is its relay's alone; the plugins' timeouts fit in.
    ``longest_wait``: between two attempts. ``workers``: threads that share a long round.
    """

    attempts: int = 300
    deadline: float = 86400.0
    lease: float = 60.0
    longest_wait: float = 300.0
    workers: int = 4


@dataclass(frozen=True, slots=True)
class Site:
    """A site document, read-only, with every default and id filled in.

    ``document``: the whole of it, JSON values. ``retention``: seconds. ``required``: PEP 508 requirements.
    ``enforcement``: deny, warn or audit by violation code. ``name``: the file, for messages.
    ``quotas``: ``default`` and ``projects``, see :meth:`limit`.
    """

    document: Mapping[str, Any]
    dispatcher: str
    key_manager: str
    store: str
    retention: float
    relay: RelaySettings
    plugins: Mapping[str, PluginSettings]
    required: tuple[str, ...]
    enforcement: Mapping[str, Enforcement]
    quotas: Mapping[str, Any]
    name: str = field(default="site", compare=False)

    def limit(self, project_id: str, resource: str) -> int:
        """A project's limit of a resource: its own, else the default, else -1 (unlimited)."""
        own: Mapping[str, int] = self.quotas["projects"].get(project_id, EMPTY)
        default: Mapping[str, int] = self.quotas["default"]
        return own.get(resource, default.get(resource, UNLIMITED))


def load_site(source: Source = None) -> Site:
    """Read a site from a YAML or JSON file or a mapping; None is the site of all defaults.

    Raises SiteError with all problems at once, DocumentMissing when there is no file to read.
    """
    from volrules.site_checks import all_findings  # lazily: Cerberus is slow to import
    from volrules.site_defaults import filled

    file = read(source, "site", SiteError)
    found = all_findings(file.content)
    if found:
        raise SiteError(file.name, problems(found, file.content, file.line_of))
    return _site(freeze(filled(file.content)), file.name)


def _site(document: Mapping[str, Any], name: str) -> Site:
    plugins = {name: PluginSettings(**settings) for name, settings in document["plugins"].items()}
    enforcement = {code: rule["enforcement"] for code, rule in document["rules"].items()}
    settings = {key: document[key] for key in ("dispatcher", "key_manager", "store", "required", "quotas")}
    return Site(
        document=document,
        retention=float(document["retention"]),
        relay=RelaySettings(**document["relay"]),
        plugins=freeze(plugins),
        enforcement=freeze(enforcement),
        name=name,
        **settings,
    )
