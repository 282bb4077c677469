"""Plugins at load: found, checked, configured; and what is wrong with them is said clearly."""

from __future__ import annotations

import types

import pytest

from tests.builders import a_request, a_site
from volrules import Engine, PluginError, SiteError, hookimpl


def opened(*plugins, **site):
    with Engine.open(a_site(**site), inventory={}, plugins=plugins) as engine:
        return engine.check(a_request())


def fault(kind, *plugins, **site):
    with pytest.raises(kind) as caught:
        opened(*plugins, **site)
    return str(caught.value)


def defining(**members):
    return type("acme", (), members)()


@pytest.mark.parametrize(
    ("plugin", "names"),
    [
        (defining(volrules_validate_sise=hookimpl(lambda self, draft: None)), "volrules_validate_size"),
        (defining(volrules_validate_size=lambda self, draft: None), "hookimpl"),
        (defining(volrules_validate_size=hookimpl(lambda self, draught: None)), "draught"),
        (defining(volrules_validate_size=hookimpl(lambda self, draft=None: None)), "draft"),
        (defining(volrules_validate_size=hookimpl(lambda self, draft, more=1: None)), "more"),
        (
            defining(volrules_validate_size=hookimpl(wrapper=True)(lambda self, draft: (yield))),
            "volrules_validate_size",
        ),
        (
            defining(volrules_validate_size=hookimpl(hookwrapper=True)(lambda self, draft: (yield))),
            "volrules_validate_size",
        ),
        (
            defining(size=hookimpl(specname="volrules_validate_sise")(lambda self, draft: None)),
            "volrules_validate_size",
        ),
    ],
)
def test_a_hook_that_would_never_be_called_as_meant_is_refused(plugin, names):
    message = fault(PluginError, plugin)
    assert "acme" in message
    assert names in message


@pytest.mark.parametrize("hook", [lambda self, *draft: None, lambda self, **draft: None], ids=["*", "**"])
def test_variable_arguments_are_refused(hook):
    assert "acme" in fault(PluginError, defining(volrules_validate_size=hookimpl(hook)))


def test_an_implementation_takes_the_arguments_it_wants():
    seen = []
    plugin = defining(
        volrules_authorize=hookimpl(lambda self, context: seen.append(context.project_id)),
        volrules_validate_size=hookimpl(lambda self: seen.append("nothing")),
        check_zone=hookimpl(specname="volrules_validate_availability_zone")(lambda self, draft: seen.append("renamed")),
    )
    assert opened(plugin).accepted
    assert seen == ["default", "nothing", "renamed"]


def test_a_module_is_a_plugin():
    module = types.ModuleType("acme_module")
    module.volrules_resolve_size = hookimpl(lambda draft: 77)
    assert opened(module).spec.size == 77


def test_two_plugins_of_one_name_are_refused_and_told_with_their_files():
    message = fault(PluginError, defining(), defining())
    assert "acme" in message
    assert message.count(__file__) == 2


def test_a_class_that_cannot_be_made_is_told_by_its_plugin():
    class Strange:
        name = "acme"

        def __init__(self, options, more):
            raise AssertionError

    message = fault(PluginError, Strange)
    assert "`acme`" in message
    assert "`Strange`" in message
    assert __file__ in message


def test_nobody_takes_a_built_in_rules_name():
    assert "size" in fault(PluginError, type("size", (), {}))


def test_a_vendors_plugin_can_be_blocked():
    class Broken:
        def __init__(self, options):
            raise RuntimeError

    assert opened(Broken, plugins={"Broken": {"enabled": False}}).accepted
    assert "Broken" in fault(PluginError, Broken)


@pytest.mark.parametrize("key", ["dispatcher", "key_manager"])
@pytest.mark.parametrize("name", ["nobody", "size"])
def test_who_is_chosen_must_be_there_and_do_the_work(key, name):
    assert name in fault(SiteError, **{key: name})


@pytest.mark.parametrize(("key", "name"), [("dispatcher", "spool"), ("key_manager", "local")])
def test_who_is_chosen_must_not_be_blocked(key, name):
    assert name in fault(SiteError, plugins={name: {"enabled": False}})


def test_a_dispatcher_of_ones_own_is_chosen_by_name():
    plugin = defining(volrules_dispatch=hookimpl(lambda self, message: None))
    assert opened(plugin, dispatcher="acme").accepted


def test_settings_of_a_plugin_that_is_not_there_are_a_site_error():
    assert "availability_zone" in fault(SiteError, plugins={"availability_zones": {"enabled": False}})


class Configured:
    """Keeps its options."""

    seen: list

    def __init__(self, options):
        type(self).seen.append(dict(options))
        with pytest.raises(TypeError):
            options["x"] = 1

    @staticmethod
    def volrules_options_schema():
        return {
            "level": {"type": "integer", "default": 3, "min": 0},
            "hosts": {"type": "list", "schema": {"type": "string"}, "default": ["a"]},
            "zones": {"meta": {"site": "availability_zones"}},
        }


@pytest.fixture(autouse=True)
def _fresh():
    Configured.seen = []


@pytest.mark.parametrize("options", [{}, {"level": 5}, {"hosts": ["b", "c"], "level": 0}])
def test_options_are_filled_in(options):
    opened(Configured, plugins={"Configured": {"options": options}})
    (seen,) = Configured.seen
    assert seen == {
        "level": options.get("level", 3),
        "hosts": tuple(options.get("hosts", ["a"])),
        "zones": ("nova", "az1"),
    }


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"levle": 5}, "plugins.Configured.options.levle"),
        ({"level": "5"}, "plugins.Configured.options.level"),
        ({"level": -1}, "plugins.Configured.options.level"),
        ({"level": True}, "plugins.Configured.options.level"),
        ({"hosts": [5]}, "plugins.Configured.options.hosts.0"),
        ({"zones": ["mine"]}, "plugins.Configured.options.zones"),
    ],
)
def test_options_that_do_not_fit_are_site_errors(options, path):
    with pytest.raises(SiteError) as caught:
        opened(Configured, plugins={"Configured": {"options": options}})
    assert [each.path for each in caught.value.problems] == [path]


def test_options_for_who_takes_none_are_a_site_error():
    assert "image" in fault(SiteError, plugins={"image": {"options": {"a": 1}}})


def with_schema(declare):
    return type("acme", (), {"volrules_options_schema": staticmethod(declare)})


@pytest.mark.parametrize(
    "declare",
    [lambda: {"a": {"type": "nonsense"}}, lambda: {"a": 5}, lambda: 5, lambda: None, lambda: 1 / 0],
    ids=["type", "rules", "number", "none", "raises"],
)
def test_an_options_schema_that_is_none_is_a_plugin_error(declare):
    assert "acme" in fault(PluginError, with_schema(declare), plugins={"acme": {"options": {"a": 1}}})


def test_an_option_from_a_key_that_the_site_lacks_is_a_plugin_error():
    assert "acme" in fault(PluginError, with_schema(lambda: {"a": {"meta": {"site": "nothing"}}}))


def test_an_options_schema_must_not_need_an_instance():
    plugin = type("acme", (), {"volrules_options_schema": hookimpl(lambda self: {})})
    assert "acme" in fault(PluginError, plugin)


@pytest.mark.parametrize(
    "declare",
    [lambda self: {"type": "nonsense"}, lambda self: {"properties": {"a": {"$ref": "#/nowhere"}}}],
    ids=["type", "reference"],
)
def test_a_request_schema_that_is_none_is_a_plugin_error(declare):
    fault(PluginError, defining(volrules_request_schema=hookimpl(declare)))


@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_a_request_schema_that_would_refuse_everybodys_keys_is_a_plugin_error(keyword):
    declare = hookimpl(lambda self: {"properties": {"acme_key": {"type": "string"}}, keyword: False})
    message = fault(PluginError, defining(volrules_request_schema=declare))
    assert "acme" in message
    assert keyword in message
    assert "leave the line out" in message


def test_a_request_schema_is_judged_in_one_line():
    declare = hookimpl(lambda self: {"type": ["nonsense\n"] * 1000})
    message = fault(PluginError, defining(volrules_request_schema=declare))
    assert "acme" in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "declare",
    [
        lambda self: 1 / 0,
        lambda self: None,
        lambda self: 5,
        lambda self: ["a"],
        lambda self: {"properties": {"a": {"enum": [{1}]}}},
    ],
    ids=["raises", "none", "number", "list", "set"],
)
def test_a_request_schema_hook_that_fails_is_a_plugin_error(declare):
    assert "acme" in fault(PluginError, defining(volrules_request_schema=hookimpl(declare)))


def test_an_attribute_that_raises_is_nobodys_business():
    plugin = type("acme", (), {"broken": property(lambda self: 1 / 0)})()
    assert opened(plugin).accepted


def closing(name, closed, error=None):
    def close(self):
        closed.append(name)
        if error:
            raise error

    return type(name, (), {"close": close})()


def test_plugins_are_closed_with_the_engine():
    closed = []
    opened(closing("a", closed), closing("b", closed))
    assert sorted(closed) == ["a", "b"]


@pytest.mark.parametrize("error", [RuntimeError(), SystemExit(3)], ids=["error", "exit"])
def test_a_plugin_that_fails_to_close_keeps_nobody_else_open(error):
    closed = []
    opened(*(closing(name, closed, error) for name in "ab"))
    assert sorted(closed) == ["a", "b"]


def test_plugins_are_closed_when_the_engine_does_not_open():
    closed = []
    fault(SiteError, closing("a", closed), dispatcher="nobody")
    assert closed == ["a"]
