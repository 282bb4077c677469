"""The plugin API: one typed function a hook, in the order in which the engine calls them.

A plugin is a module or a class named by an entry point of the group ``volrules``. It marks its implementations::

    from volrules import hookimpl, violation

    @hookimpl
    def volrules_validate_size(draft):
        if draft.size % 8:
            yield violation("acme.odd_size", "/volume/size", f"size {draft.size} GiB is no multiple of 8; round it up")

An implementation takes the arguments it wants, by name and without defaults. Everything it is given is read-only.
Reading a field of the draft that is not known raises :class:`volrules.Unresolved`; let it through, and the
implementation stays silent, as it should. Any other exception is the plugin's fault and is reported in its name.

Three kinds of hook: of a *first* hook the first answer that is not None counts, of an *all* hook every answer,
of a *one* hook only the configured plugin is asked. Plugins answer in the order of their names, ``tryfirst`` before
and ``trylast`` after the others; the rules that ship with volrules come last where the first answer counts,
and first where all are heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from volrules.model import (
    Backup,
    Context,
    Draft,
    Image,
    Message,
    QosSpecs,
    Report,
    Resolved,
    Snapshot,
    Spec,
    Volume,
    VolumeRequest,
    VolumeType,
)
from volrules.violations import Violation

if TYPE_CHECKING:
    import click

PROJECT = "volrules"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Violations = Iterable[Violation] | Violation | None
"""A validator's answer: None or nothing iterated means no objection; generators are welcome."""


# At load


@hookspec
def volrules_options_schema() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Describe the plugin's options, as a Cerberus schema.

    Called once per engine, before a class is instantiated: a class makes it a ``staticmethod``.
    The site's ``plugins: {NAME: {options: …}}`` is checked against it, defaults are filled in, and a class gets the
    result as ``__init__(self, options)``. Without this hook a plugin takes no options.
    An option with ``meta: {site: KEY}`` is filled from the site's own KEY: rules read what the site declares that way.
    Several plugins: each is asked for its own.
    """


@hookspec
def volrules_request_schema() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Describe extra keys of the request's ``volume`` object, as JSON Schema (draft 2020-12) with ``properties``.

    Called once per engine. All answers are joined with ``allOf``; keys that nobody declares stay refused.
    Declared keys travel in ``spec.extra``. Two plugins that declare one key both check it.
    """


# Rules 1 and 2: before anything is looked up


@hookspec
def volrules_validate_request(request: VolumeRequest, context: Context) -> Violations:
    """Object to a request as such, before its sources are looked up.

    Called once per decision, after the request schema. None: no objection. All implementations are heard;
    any objection silences the look-ups and whatever reads their results.
    """


@hookspec
def volrules_authorize(request: VolumeRequest, context: Context) -> Violations:
    """Object to this caller's creating this volume.

    Called once per decision. None: no objection. All implementations are heard, so each can only forbid;
    after any objection nothing is looked up. Objections are of kind ``PolicyNotAuthorized`` by convention.
    """


# Rule 3: look-ups


@hookspec
def volrules_find_snapshot(snapshot_id: str, context: Context) -> Snapshot | Mapping[str, Any] | None:
    """Find the snapshot that the request names, by its id in canonical form.

    Answer with a :class:`volrules.Snapshot` or a mapping with an inventory entry's members.
    None: not known, or not the caller's to see; the next implementation is asked, the inventory or store last.
    Where ``volume`` is left out, the engine looks ``volume_id`` up with :func:`volrules_find_volume`,
    with the admin role in the context.
    """


@hookspec
def volrules_find_volume(volume_id: str, context: Context) -> Volume | Mapping[str, Any] | None:
    """Find a volume by its id in canonical form: the one to clone, or the one a snapshot or backup is of.

    Answer with a :class:`volrules.Volume` or a mapping with an inventory entry's members.
    None: not known, or not the caller's to see; the next implementation is asked, the inventory or store last.
    """


@hookspec
def volrules_find_backup(backup_id: str, context: Context) -> Backup | Mapping[str, Any] | None:
    """Find the backup that the request names, by its id in canonical form.

    Answers as for :func:`volrules_find_snapshot`, with a :class:`volrules.Backup`.
    """


@hookspec
def volrules_find_image(image_id: str, context: Context) -> Image | Mapping[str, Any] | None:
    """Find the image that the request names, by id or by unique name.

    Answer with a :class:`volrules.Image` or a mapping with an inventory entry's members.
    None: not known, or not the caller's to see; the next implementation is asked, the inventory or store last.
    """


@hookspec
def volrules_find_volume_type(volume_type_id: str, context: Context) -> VolumeType | Mapping[str, Any] | None:
    """Find a volume type by id or name: the one named, the site's default, or the one a source has.

    Answer with a :class:`volrules.VolumeType` or a mapping with its members.
    None: not known; the next implementation is asked, the site's declared types last.
    """


@hookspec
def volrules_validate_sources(draft: Draft) -> Violations:
    """Object to a source that was found (rule 4: its status).

    Known by now: ``request``, ``context``, and whichever of ``snapshot``, ``source_volume``, ``backup``, ``image``
    is named. None: no objection. All implementations are heard.
    """


# Rules 5 to 12 and 14: field by field, each resolved and then validated


@hookspec
def volrules_resolve_size(draft: Draft) -> int | Resolved[int] | None:
    """Fill in the size, in GiB. None: no opinion; the first answer counts, the built-in rule is asked last."""


@hookspec
def volrules_validate_size(draft: Draft) -> Violations:
    """Object to ``draft.size``. None: no objection; all are heard."""


@hookspec
def volrules_validate_image(draft: Draft) -> Violations:
    """Object to ``draft.image`` in a volume of ``draft.size``. None: no objection; all are heard."""


@hookspec
def volrules_resolve_availability_zone(draft: Draft) -> str | Resolved[str | None] | None:
    """Fill in the availability zone. None: no opinion; the first answer counts, the built-in rule is asked last."""


@hookspec
def volrules_validate_availability_zone(draft: Draft) -> Violations:
    """Object to ``draft.availability_zone``. None: no objection; all are heard."""


@hookspec
def volrules_resolve_volume_type(draft: Draft) -> VolumeType | str | Resolved[VolumeType | str | None] | None:
    """Fill in the volume type: a :class:`volrules.VolumeType`, or the id or name of one that is then looked up.

    None: no opinion; ``Resolved(None, origin)``: the volume has no type.
    The first answer counts, the built-in rule is asked last.
    """


@hookspec
def volrules_validate_volume_type(draft: Draft) -> Violations:
    """Object to ``draft.volume_type`` for this size and zone. None: no objection; all are heard."""


@hookspec
def volrules_resolve_qos_specs(draft: Draft) -> QosSpecs | Resolved[QosSpecs | None] | None:
    """Fill in the QoS specs. None: no opinion; the first answer counts, the built-in rule is asked last."""


@hookspec
def volrules_validate_qos_specs(draft: Draft) -> Violations:
    """Object to ``draft.qos_specs``. None: no objection; all are heard."""


@hookspec
def volrules_resolve_encryption_key(
    draft: Draft,
) -> Mapping[str, Any] | Resolved[Mapping[str, Any] | None] | None:
    """Plan the encryption key: ``{"action": "create"}`` or ``{"action": "copy", "source_key_id": …}``.

    Nothing is made yet. None: no opinion; ``Resolved(None, origin)``: no key.
    The first answer counts, the built-in rule is asked last.
    """


@hookspec
def volrules_validate_encryption_key(draft: Draft) -> Violations:
    """Object to ``draft.encryption_key``. None: no objection; all are heard."""


@hookspec
def volrules_resolve_metadata(draft: Draft) -> Mapping[str, str] | Resolved[Mapping[str, str]] | None:
    """Fill in the metadata: all of it, text to text, as the volume shall have it.

    None: no opinion; the first answer counts, the built-in rule (what the request says) is asked last.
    """


@hookspec
def volrules_validate_metadata(draft: Draft) -> Violations:
    """Object to ``draft.metadata``. None: no objection; all are heard."""


@hookspec
def volrules_resolve_dispatch(draft: Draft) -> Mapping[str, Any] | Resolved[Mapping[str, Any]] | None:
    """Say who makes the volume: ``{"target": "scheduler"}`` or ``{"target": "host", "host": …}``.

    None: no opinion; the first answer counts, the built-in rule is asked last.
    """


@hookspec
def volrules_validate_volume(draft: Draft) -> Violations:
    """Object to the volume as a whole. Called after all fields. None: no objection; all are heard."""


# Rule 13: quota


@hookspec
def volrules_quota_usage(spec: Spec) -> Mapping[str, int] | None:
    """Say what the volume takes of which quota: resource to amount.

    Called once per create, and per check against a store, for an accepted request. All answers are summed.
    A plugin's own resource is named ``<plugin>.<word>``; its limit is the site's ``quotas``, -1 where there is none.
    Must depend on ``spec`` alone. None: nothing.
    """


# After the commit


@hookspec
def volrules_create_key(plan: Mapping[str, Any], volume_id: str, context: Context) -> str:  # type: ignore[empty-body]
    """Make the volume's encryption key and answer with its id.

    Asked: the site's ``key_manager`` alone. ``plan`` has ``encryption_key``, the decision's plan, and ``encryption``,
    the type's provider, cipher, key_size (bits) and control_location. Must be idempotent by ``volume_id``:
    asked again, it answers with the same id. To copy means a separate, identical key.
    """


@hookspec
def volrules_delete_key(volume_id: str, key_id: str | None, context: Context) -> None:
    """Delete the volume's encryption key; a key that is gone already is no error.

    Asked: the site's ``key_manager`` alone. ``key_id`` is None when the answer of the key's creation was lost:
    delete whatever was made for ``volume_id``.
    """


@hookspec
def volrules_dispatch(message: Message) -> Report | None:
    """Hand a committed volume on; see the message schema.

    Asked: the site's ``dispatcher`` alone. None: handed on. A :class:`volrules.Report`: this plugin is the volume
    manager itself, and tells how it went. Raise :class:`volrules.Refused` where trying again is useless;
    after anything else that is raised the message comes again. The same volume id may come more than once.
    """


@hookspec
def volrules_on_event(event: Mapping[str, Any]) -> None:
    """Observe: ``event["event"]`` is decided, created, dispatched, failed or deleted.

    All observers are called; their failures are logged and change nothing.
    """


# At the command line


@hookspec
def volrules_commands() -> Iterable[click.Command] | None:
    """Offer more ``volrules`` commands. Called when the command line starts; all are added."""
