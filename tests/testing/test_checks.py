"""``check_plugin`` passes what is sound, and tells a plugin of each bad kind by its hook."""

from __future__ import annotations

import itertools
import random
import sys
import time
from types import MappingProxyType

import pytest

from volrules import Draft, QosSpecs, Resolved, hookimpl, violation
from volrules.testing import a_request, check_plugin


def objection(code="bad.size", **params):
    return violation(code, "/volume/size", "size is odd; add one", **params)


class Raises:
    @hookimpl
    def volrules_validate_size(self, draft):
        return {1: None}[draft.size]


class Exits:
    @hookimpl
    def volrules_validate_size(self, draft):
        raise SystemExit(3)


class RaisesMidway:
    @hookimpl
    def volrules_validate_size(self, draft):
        yield objection()
        raise KeyError("size")


class Assigns:
    @hookimpl
    def volrules_validate_size(self, draft):
        draft.size = 8


class Tampers:
    @hookimpl
    def volrules_validate_size(self, draft):
        object.__setattr__(draft.request, "size", 99)


class Disguises:
    @hookimpl
    def volrules_validate_size(self, draft):
        object.__setattr__(draft, "__class__", type(Draft({"request": None, "context": None})))


class Prints:
    @hookimpl
    def volrules_validate_size(self, draft):
        sys.stdout.write(str(draft.size))


class Sleeps:
    @hookimpl
    def volrules_validate_size(self, draft):
        time.sleep(0.1)


class AnswersText:
    @hookimpl
    def volrules_validate_size(self, draft):
        return ["size is odd"]


class ResolvesText:
    @hookimpl
    def volrules_resolve_size(self, draft):
        return "10"


class SaysASet:
    @hookimpl
    def volrules_validate_size(self, draft):
        return objection(allowed={8, 16})


class ResolvesAnObject:
    @hookimpl
    def volrules_resolve_qos_specs(self, draft):
        return QosSpecs("q", "gold", specs={"since": object()})


class BorrowsACode:
    @hookimpl
    def volrules_validate_size(self, draft):
        return objection("size.odd")


class BorrowsAResource:
    @hookimpl
    def volrules_quota_usage(self, spec):
        return {"acme.replicas": 1}


class Guesses:
    @hookimpl
    def volrules_resolve_availability_zone(self, draft):
        return random.choice(["nova", "az1"])


class Remembers:
    def __init__(self, options):
        self._seen = None

    @hookimpl
    def volrules_validate_size(self, draft):
        self._seen = self._seen or draft.size
        return objection(first=self._seen)


class Counts:
    def __init__(self, options):
        self._calls = itertools.count()

    @hookimpl
    def volrules_quota_usage(self, spec):
        return {"bad.calls": next(self._calls)}


class ReusesItsAnswer:
    def __init__(self, options):
        self._answer = []

    @hookimpl
    def volrules_validate_size(self, draft):
        self._answer[:] = [objection(size=draft.size)]
        return self._answer


class AddsOn:
    @hookimpl
    def volrules_resolve_size(self, draft):
        return (draft.request.size or 10) + 1


class Piles:
    @hookimpl
    def volrules_resolve_metadata(self, draft):
        return {**draft.request.metadata, str(len(draft.request.metadata)): ""}


class Misspells:
    @hookimpl
    def volrules_validate_sise(self, draft): ...


BAD = {
    Raises: ("volrules_validate_size", "raised KeyError"),
    Exits: ("volrules_validate_size", "raised SystemExit: 3"),
    RaisesMidway: ("volrules_validate_size", "raised KeyError"),
    Assigns: ("volrules_validate_size", "raised AttributeError: a draft is read-only"),
    Tampers: ("volrules_validate_size", "changed what it was given"),
    Disguises: ("volrules_validate_size", "raised AttributeError"),
    Prints: ("volrules_validate_size", "wrote to stdout"),
    Sleeps: ("volrules_validate_size", "did not answer within 0.05 s"),
    AnswersText: ("volrules_validate_size", "answered with a str"),
    ResolvesText: ("volrules_resolve_size", "TypeError: a size is a number of GiB, not `10`"),
    SaysASet: ("volrules_validate_size", "JSON cannot say"),
    ResolvesAnObject: ("volrules_resolve_qos_specs", "`/since` is a Python object"),
    BorrowsACode: ("volrules_validate_size", "uses `size.odd`"),
    BorrowsAResource: ("volrules_quota_usage", "uses `acme.replicas`"),
    Guesses: ("volrules_resolve_availability_zone", "answered differently"),
    Remembers: ("volrules_validate_size", "what it was asked before"),
    Counts: ("volrules_quota_usage", "answered differently"),
    ReusesItsAnswer: ("volrules_validate_size", "changed an answer"),
    AddsOn: ("volrules_resolve_size", "resolved to `"),
    Piles: ("volrules_resolve_metadata", "resolved to `"),
    Misspells: ("volrules_validate_sise", "no engine opens with it"),
}


@pytest.mark.parametrize("plugin", BAD, ids=lambda each: each.__name__)
def test_a_bad_plugin_is_told_by_its_hook(plugin):
    hook, wrong = BAD[plugin]
    plugin.name = "bad"
    with pytest.raises(AssertionError) as told:
        check_plugin(plugin, budget=0.05 if plugin is Sleeps else 5.0, examples=30)
    assert f"`{hook}`" in str(told.value)
    assert wrong in str(told.value)


class Sound:
    """Does a little of everything as it should be done."""

    name = "sound"

    def __init__(self, options):
        self._step = options["step"]

    @staticmethod
    def volrules_options_schema():
        return {"step": {"type": "integer", "default": 8}}

    @hookimpl
    def volrules_request_schema(self):
        return {"properties": {"sound:owner": {"type": "string", "minLength": 2, "examples": ["ada"]}}}

    @hookimpl
    def volrules_resolve_size(self, draft):
        if draft.request.size:
            return Resolved(-(-draft.request.size // self._step) * self._step, "rounded")
        return None

    @hookimpl
    def volrules_resolve_metadata(self, draft):
        return {**draft.request.metadata, "owner": draft.request.extra.get("sound:owner", "nobody")}

    @hookimpl
    def volrules_validate_sources(self, draft):
        if draft.backup is not None:
            yield violation("sound.no_backups", "/volume/backup_id", f"`{draft.backup.id}` is old; take another")

    @hookimpl
    def volrules_find_image(self, image_id):
        return None

    @hookimpl
    def volrules_quota_usage(self, spec):
        return {"sound.blocks": spec.size // self._step, "gigabytes": 0}


def test_a_sound_plugin_passes():
    check_plugin(Sound)
    check_plugin(Sound, options={"step": 4}, seed=7)


def test_a_sound_object_passes():
    check_plugin(Sound(MappingProxyType({"step": 8})))


def test_requests_of_ones_own_are_asked():
    class Particular:
        name = "particular"

        @hookimpl
        def volrules_validate_size(self, draft):
            assert draft.size != 4711

    check_plugin(Particular)
    with pytest.raises(AssertionError, match="4711"):
        check_plugin(Particular, requests=[a_request(size=4711)])


def test_stdout_is_as_it_was(capsys):
    with pytest.raises(AssertionError):
        check_plugin(Prints)
    sys.stdout.write("here")
    assert capsys.readouterr().out == "here"


def test_a_plugin_that_hangs_is_left_behind():
    class Hangs:
        name = "hangs"

        @hookimpl
        def volrules_validate_size(self, draft):
            time.sleep(2)

    begun = time.monotonic()
    with pytest.raises(AssertionError, match=r"`volrules_validate_size` did not answer within 0\.1 s"):
        check_plugin(Hangs, budget=0.1, examples=5)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("plugin", [None, sys, type("Empty", (), {})])
def test_what_has_no_hooks_is_no_plugin(plugin):
    with pytest.raises(AssertionError, match="has no hooks"):
        check_plugin(plugin)


def test_what_no_engine_opens_with_is_told_by_its_own_name_and_file():
    class Misspelt:
        @hookimpl
        def volrules_validate_sise(self, draft):
            return None

    with pytest.raises(AssertionError) as told:
        check_plugin(Misspelt)
    assert "plugin `Misspelt` implements `volrules_validate_sise`" in str(told.value)
    assert __file__ in str(told.value)
