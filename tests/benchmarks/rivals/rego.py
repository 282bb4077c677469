"""The rules in Rego, for two engines that run it in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version

from .facts import LONGEST, TYPES, ZONES, Facts, Rival

_DATA = {"zones": ZONES, "types": TYPES}
_MODULE = f"""
package volumes

import rego.v1

broken contains "size" if input.size <= 0

broken contains "source" if {{
    input.size > 0
    input.size < input.source
}}

broken contains "zone" if not input.zone in data.zones

broken contains "type" if {{
    kind := input.type
    not kind in data.types
}}

broken contains "metadata" if {{
    some key, value in input.metadata
    not bounded(key, value)
}}

bounded(key, value) if {{
    count(key) > 0
    count(key) <= {LONGEST}
    count(value) <= {LONGEST}
}}
"""
_QUERY = "data.volumes.broken"


def engines() -> Iterator[Rival]:
    """Those that are installed; raises ImportError for the first that is not."""
    yield _of_regorus()
    yield _of_regopy()


def _of_regorus() -> Rival:
    import regorus

    engine = regorus.Engine()
    engine.add_policy("volumes.rego", _MODULE)
    engine.add_data(_DATA)

    def names(facts: Facts) -> set[str]:
        engine.set_input_json(json.dumps(facts))
        return set(engine.eval_rule(_QUERY))

    release, _, _ = version("celine-regorus").partition(".post")
    return Rival(f"Rego, Rust (celine-regorus {release})", names)


def _of_regopy() -> Rival:
    import regopy

    engine = regopy.Interpreter()
    engine.add_module("volumes", _MODULE)
    engine.add_data(_DATA)
    bundle = engine.build(_QUERY, ["volumes/broken"])

    def names(facts: Facts) -> set[str]:
        engine.set_input(regopy.Input(facts))
        output = engine.query_bundle(bundle)
        return set(json.loads(str(output))["expressions"][0])

    return Rival(f"Rego, C++ (regopy {version('regopy')})", names)
