"""Does a test notice when a rule is broken? Mutates the rules one place at a time and looks.

    python tests/mutations.py [--sample N] [--seed S]

First every rule is switched off; then comparisons and connectives in the rules' sources are turned round, one in each
mutant. A mutant is noticed when the labelled outputs get other counts (which `tests/test_calibrate.py` holds to the
committed record) or a golden test fails. Prints every mutant that no test notices; exit code 1 where a rule can be
removed unnoticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = ROOT / "evalsuite" / "rules"
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One source file of the rules with one place turned round."""

    path: Path
    line: int
    what: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file: each comparison turned round, each `and` an `or`, each `not` dropped."""
    text = path.read_text(encoding="utf-8")
    count = sum(isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp)) for node in ast.walk(ast.parse(text)))
    for index in range(count):
        tree = ast.parse(text)
        nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp))]
        node = nodes[index]
        before = ast.unparse(node)
        if isinstance(node, ast.Compare):
            node.ops = [_OPPOSITE[type(node.ops[0])](), *node.ops[1:]]
        elif isinstance(node, ast.BoolOp):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        elif isinstance(node.op, ast.Not):
            # `not x` becomes `not (not x)`: the truth of x itself, as a boolean
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        else:
            continue
        yield Mutant(
            path, node.lineno, f"{before} -> {ast.unparse(node)}", ast.unparse(ast.fix_missing_locations(tree))
        )


_ORACLE = """
import json, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from evalsuite.rules import catalogue
off = {off!r}
if off:
    from dataclasses import replace
    catalogue.BEHAVIOURS = tuple(
        replace(b, rules=tuple(replace(r, check=lambda *_: ()) if r.code == off else r for r in b.rules))
        for b in catalogue.BEHAVIOURS
    )
from evalsuite.calibrate import calibrate
from evalsuite.labelled import read_labelled
result = calibrate(read_labelled(sorted(Path({labelled!r}).rglob("*.jsonl"))))
print(json.dumps({{c: (x.tp, x.fp, x.fn, x.tn) for c, x in result.rules.items()}}, sort_keys=True))
print(json.dumps(sorted((d.labelled.id, sorted(d.found), d.verdict.errors) for d in result.disagreements)))
"""


def measured(package_parent: Path, off: str | None = None) -> str:
    """What the labelled outputs say of the rules of a copy of the package; the error where they cannot be judged."""
    code = _ORACLE.format(root=str(package_parent), off=off, labelled=str(ROOT / "tests" / "labelled"))
    environment = {**os.environ, "PYTHONPATH": str(package_parent), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False, timeout=300
        )
    except subprocess.TimeoutExpired:
        return "no end"
    return done.stdout if done.returncode == 0 else done.stderr[-300:]


def golden_passes(package_parent: Path) -> bool:
    """Whether the golden tests pass on a copy of the package."""
    environment = {**os.environ, "PYTHONPATH": f"{package_parent}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(ROOT / "tests" / "rules")]
    done = subprocess.run(command, capture_output=True, env=environment, cwd=package_parent, check=False)
    return done.returncode == 0


def main() -> int:
    """Exit code 1 where a whole rule can be removed unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=200, help="how many turned places to try (default: 200)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from evalsuite.rules.catalogue import RULES as ALL

    whole = measured(ROOT)
    unnoticed_rules = [code for code in ALL if measured(ROOT, off=code) == whole]
    print(f"rules whose removal no test notices: {' '.join(unnoticed_rules) or 'none'} (of {len(ALL)})", flush=True)
    every = [mutant for path in sorted(RULES.rglob("*.py")) for mutant in mutants(path)]
    chosen = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cp", "-r", str(ROOT / "evalsuite"), folder], check=True)
        for mutant in chosen:
            copy = Path(folder) / mutant.path.relative_to(ROOT)
            original = copy.read_text(encoding="utf-8")
            copy.write_text(mutant.source, encoding="utf-8")
            if measured(Path(folder)) == whole and golden_passes(Path(folder)):
                survivors += 1
                print(f"unnoticed: {mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.what}", flush=True)
            copy.write_text(original, encoding="utf-8")
    print(f"{len(chosen) - survivors} of {len(chosen)} turned places are noticed (of {len(every)} in all)")
    return 1 if unnoticed_rules else 0


if __name__ == "__main__":
    sys.exit(main())
