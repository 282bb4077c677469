"""Writes what the documentation says twice: the violation codes and the hooks, between markers, from the source.

Run it from anywhere: ``python docs/generate.py``. A test keeps the result current.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from volrules import hookspecs
from volrules.cli.lint import markdown
from volrules.codes import CODES

HERE = Path(__file__).parent
_GENERATED = re.compile(r"(?s)(<!-- generated -->\n).*(<!-- end -->)")
_SECTION = re.compile(r"^# (\w.*)$")
_ROLE = re.compile(r":\w+:`([^`]*)`")


def pages() -> dict[Path, str]:
    """Every page with a generated part, as it should be."""
    return {HERE / "codes.md": _filled("codes.md", markdown(CODES.values())), HERE / "plugins.md": _hooks_page()}


def _hooks_page() -> str:
    return _filled("plugins.md", "\n".join(_hooks(inspect.getsource(hookspecs))))


def _filled(name: str, text: str) -> str:
    page = (HERE / name).read_text(encoding="utf-8")
    return _GENERATED.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)


def _hooks(source: str) -> Iterator[str]:
    """A section a comment line, a paragraph a hook, in the order of the source."""
    lines, above = source.splitlines(), 0
    for node in ast.parse(source).body:
        headings = [found[1] for line in lines[above : node.lineno] if (found := _SECTION.match(line))]
        yield from (f"### {each}\n" for each in headings)
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            yield _hook(node)
        above = node.end_lineno or above


def _hook(node: ast.FunctionDef) -> str:
    arguments = ", ".join(f"{each.arg}: {ast.unparse(each.annotation)}" for each in node.args.args if each.annotation)
    signature = f"{node.name}({arguments}) → {ast.unparse(node.returns) if node.returns else None}"
    told = _ROLE.sub(r"`\1`", inspect.cleandoc(ast.get_docstring(node) or "")).replace("``", "`")
    return f"#### `{signature}`\n\n{told}\n"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
