"""The import graph: no circle anywhere, and nothing heavy before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "evalsuite"
HEAVY = ("pandas", "torch", "vllm", "transformers")


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports anywhere: at the top, in functions, for types only."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name == "evalsuite" or name.startswith("evalsuite.")}


def graph() -> dict[str, set[str]]:
    """Module -> modules of the package that it imports."""
    modules = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ["evalsuite", *path.relative_to(PACKAGE).with_suffix("").parts]
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: {i for i in imported(path) if i in modules and i != name} for name, path in modules.items()}


def test_imports_form_no_circle_type_checking_imports_included() -> None:
    try:
        list(TopologicalSorter(graph()).static_order())
    except CycleError as error:
        pytest.fail(f"imports form a circle: {' -> '.join(error.args[1])}")


def test_rules_know_neither_pytest_nor_engines_nor_files() -> None:
    allowed = {"evalsuite.conversation"}
    for module, imports in graph().items():
        if module.startswith("evalsuite.rules"):
            foreign = {i for i in imports if not i.startswith("evalsuite.rules")} - allowed
            assert not foreign, f"{module} imports {foreign}"
            source = (PACKAGE.parent / Path(*module.split("."))).with_suffix(".py")
            text = source.read_text(encoding="utf-8") if source.exists() else ""
            assert "import pytest" not in text


@pytest.mark.parametrize(
    "module", ["evalsuite", "evalsuite.plugin", "evalsuite.suite", "evalsuite.session", "evalsuite.cli"]
)
def test_nothing_heavy_is_imported_before_it_is_needed(module: str) -> None:
    code = f"import {module}, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_idle_plugin_imports_nothing_else_of_the_package() -> None:
    code = "import evalsuite.plugin, sys; print(sorted(m for m in sys.modules if m.startswith('evalsuite')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['evalsuite', 'evalsuite.plugin']"
