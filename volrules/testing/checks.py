"""What an engine relies on in a plugin that takes part in decisions, put to the test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

from volrules.engine import Engine
from volrules.errors import VolrulesError
from volrules.model import Decision
from volrules.testing.builders import a_context, a_site, an_inventory
from volrules.testing.deciding import named, open_engine
from volrules.testing.faults import ask
from volrules.testing.generating import generated
from volrules.testing.judging import Terms, judged, regretted
from volrules.testing.observing import Call, Notes, has_hooks, observed, overheard, unobserved
from volrules.testing.settling import unsettled
from volrules.wording import clip, described

Problem = tuple[str, str, Any]
_CALLERS: tuple[dict[str, Any], ...] = (a_context(), a_context(roles=["admin"]), {})
_CHOSEN = ("dispatcher", "key_manager")
_QUOTA = "volrules_quota_usage"


def check_plugin(
    plugin: Any,
    *,
    options: Mapping[str, Any] | None = None,
    requests: Iterable[Any] = (),
    site: Mapping[str, Any] | None = None,
    inventory: Mapping[str, Any] | None = None,
    budget: float = 1.0,
    examples: int = 60,
    seed: int = 0,
) -> None:
    """Put a plugin through what decisions ask of it; AssertionError says which hook does what it must not.

    A plugin raises on no valid request; changes nothing that it is given, nor an answer once given; prints nothing;
    answers the same to the same, whatever was asked before; answers with what JSON can say, by names that begin with
    its own; takes at most ``budget`` seconds a call; and leaves be what it has resolved, when it is asked for that.

    ``requests``: bodies of your own, beside ``examples`` that are generated from ``seed``. For the others see
    :func:`volrules.testing.decide`. What is asked after the commit is the contract classes' business.
    """
    if not has_hooks(plugin):
        raise AssertionError(f"`{named(plugin)}` has no hooks; mark them with @hookimpl, or name another plugin")
    site, inventory = a_site() if site is None else site, an_inventory() if inventory is None else inventory
    trial = _Trial(plugin, {"options": dict(options or {}), "timeout": budget}, site, inventory)
    bodies = [*requests, *itertools.islice(generated(site, inventory, trial.request_schema(), seed), examples)]
    first: dict[str, Problem] = {}
    for each in trial.problems(bodies, Terms(named(plugin), budget)):
        first.setdefault(each[0], each)
    if first:
        lines = (f"plugin `{named(plugin)}`: `{hook}` {wrong} [{clip(body)}]" for hook, wrong, body in first.values())
        raise AssertionError("\n".join(lines))


class _Trial:
    """One plugin, watched in engines of its own."""

    def __init__(
        self, plugin: Any, settings: Mapping[str, Any], site: Mapping[str, Any], inventory: Mapping[str, Any]
    ) -> None:
        self.notes = Notes()
        self._watched = observed(plugin, self.notes)
        plugins = {**site.get("plugins", {}), self._watched.name: settings}
        chosen = {key: self._watched.name for key in _CHOSEN if site.get(key) == named(plugin)}
        self._site, self._inventory = {**site, **chosen, "plugins": plugins}, inventory

    def request_schema(self) -> Mapping[str, Any]:
        """The plugin's; it must be possible to open an engine with it."""
        with self._engine():
            schema: Any = getattr(self.notes.plugin, "volrules_request_schema", dict)()
            return schema if isinstance(schema, Mapping) else {}

    def problems(self, bodies: list[Any], terms: Terms) -> Iterator[Problem]:
        """Hook, what is wrong with it, and the body that shows it."""
        indices = range(len(bodies))
        with redirect_stdout(self.notes.stdout), self._engine() as engine:
            asked = [self._decided(engine, bodies, index, terms) for index in indices]
            found = [each for _, problems in asked for each in problems]
            for index in indices:
                found += [(*each, bodies[index]) for each in unsettled(engine, bodies[index], _caller(index))]
        with redirect_stdout(self.notes.stdout), self._engine() as engine:
            backwards = [self._calls(engine, bodies[index], index)[1] for index in reversed(indices)]
        yield from found
        if not found:
            for index, later in zip(indices, reversed(backwards), strict=True):
                yield from _swayed(asked[index][0], later, bodies[index])
                yield from ((each.hook, wrong, bodies[index]) for each in asked[index][0] if (wrong := regretted(each)))

    def _decided(self, engine: Engine, bodies: list[Any], index: int, terms: Terms) -> tuple[list[Call], list[Problem]]:
        with overheard() as errors:
            decision, calls = self._calls(engine, bodies[index], index)
        problems = [(each.hook, wrong, bodies[index]) for each in calls if (wrong := judged(each, terms))]
        return calls, problems or [(hook, wrong, bodies[index]) for hook, wrong in _misunderstood(decision, errors)]

    def _calls(self, engine: Engine, body: Any, index: int) -> tuple[Decision, list[Call]]:
        since = len(self.notes.calls)
        decision = engine.check(body, _caller(index))
        if decision.spec is not None and hasattr(self.notes.plugin, _QUOTA):
            ask(self.notes.plugin, _QUOTA, spec=decision.spec)
        return decision, self.notes.calls[since:]

    def _engine(self) -> Engine:
        try:
            return open_engine(self._watched, None, self._site, self._inventory)
        except VolrulesError as fault:
            raise AssertionError(unobserved(f"no engine opens with it: {fault}")) from fault


def _caller(index: int) -> Mapping[str, Any]:
    return _CALLERS[index % len(_CALLERS)]


def _misunderstood(decision: Decision, errors: list[BaseException]) -> Iterator[tuple[str, str]]:
    """Answers that came in time and in order, and that the engine could make nothing of; with what it says of them."""
    failures = [each for each in (*decision.violations, *decision.warnings) if each.code == "plugin.failed"]
    for each, error in itertools.zip_longest(failures, errors[: len(failures)]):
        told = "" if error is None else f" ({described(error)})"
        yield each.params["hook"], f"answered with something else than its specification says{told}; see there"


def _swayed(calls: list[Call], later: list[Call], body: Any) -> Iterator[Problem]:
    for one, other in itertools.zip_longest(calls, later):
        if one is None or other is None or one.pictured != other.pictured:
            hook = (one or other).hook
            yield hook, "answers by what it was asked before; let it keep nothing from one request for another", body
            return
