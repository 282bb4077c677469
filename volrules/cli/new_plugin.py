"""``volrules new-plugin``: a distribution to start from, that installs and passes its own tests as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from volrules.cli.terminal import write
from volrules.errors import UsageError
from volrules.version import VERSION

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
_LONGEST = 40
# Where each template goes; both sides are filled in.
_FILES = {
    "setup.cfg": "setup.cfg",
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "module.py": "$module.py",
    "test_module.py": "tests/test_$name.py",
}


@click.command("new-plugin")
@click.argument("name")
@click.argument("directory", metavar="[DIR]", required=False)
def new_plugin(name: str, directory: str | None) -> None:
    """Write a plugin NAME into DIR, by default a new folder of that name.

    NAME is what sites call the plugin and what its violation codes begin with.
    """
    _check(name)
    target = Path(directory or name)
    words = _words(name)
    try:
        target.mkdir(parents=True)
        for template, path in _FILES.items():
            file = target / Template(path).substitute(words)
            file.parent.mkdir(exist_ok=True)
            file.write_text(_filled(template, words), encoding="utf-8")
    except FileExistsError:
        raise UsageError(f"`{target}` is there already; name another directory, or remove it") from None
    except OSError as error:
        raise UsageError(f"`{target}` cannot be written to ({error.strerror}); name another directory") from None
    write(_next_steps(target, words))


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        rule = f"begin with a letter and go on with letters, digits and single underscores, {_LONGEST} at most"
        raise UsageError(f"`{name:.80}` is no name for a plugin; {_suggested(name) or rule}")
    if name in _taken():
        raise UsageError(f"`{name}` is what volrules itself goes by, or another plugin; name it otherwise")


def _suggested(name: str) -> str | None:
    """A name that is near enough and would do."""
    near = re.sub(r"[^a-z0-9]+", "_", name.lower().removeprefix("volrules")).strip("_")
    return f"try `{near}`" if _NAME.fullmatch(near) and len(near) <= _LONGEST else None


def _taken() -> set[str]:
    """The plugins that are installed, and the words that built-in violation codes begin with."""
    from volrules.codes import CODES
    from volrules.host.discovery import discover

    found, _ = discover()
    return {"volrules", *(each.name for each in found), *(code.partition(".")[0] for code in CODES)}


def _words(name: str) -> dict[str, str]:
    return {
        "name": name,
        "module": f"volrules_{name}",
        "distribution": f"volrules-{name.replace('_', '-')}",
        "volrules": VERSION,
    }


def _filled(template: str, words: dict[str, str]) -> str:
    text = files("volrules.cli").joinpath("template", f"{template}.in").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _next_steps(target: Path, words: dict[str, str]) -> str:
    return (
        f"wrote {words['distribution']} into {target}; now try\n"
        f"  pip install -e './{target}[test]'\n"
        f"  volrules plugins\n"
        f"  pytest {target}\n"
    )
