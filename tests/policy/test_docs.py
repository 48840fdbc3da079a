from __future__ import annotations

import tomllib
from pathlib import Path

from sanctions_exposure.policy import Ruleset, describe_flags, load_ruleset
from sanctions_exposure.policy.conditions import CONDITIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_the_page_lists_every_flag_as_the_register_has_it(ruleset: Ruleset) -> None:
    rows = [
        f"| `{f['code']}` | {f['title']} | {f['severity']} | {', '.join(f'`{r}`' for r in f['rules'])} |"
        for f in describe_flags(ruleset)
    ]

    assert [row for row in rows if row not in PAGE] == []


def test_the_page_lists_every_condition_with_the_meaning_its_function_gives() -> None:
    rows = [f"| `{name}` | {condition.meaning} |" for name, condition in CONDITIONS.items()]

    assert [row for row in rows if row not in PAGE] == []


def test_the_worked_example_of_the_page_loads(tmp_path: Path, rules_folder: Path) -> None:
    example = PAGE.split("```toml\n", 1)[1].split("```", 1)[0]
    name = tomllib.loads(example)["id"]
    for path in (*rules_folder.glob("*.toml"), *rules_folder.glob("tables/*.csv")):
        target = tmp_path / path.relative_to(rules_folder)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    (tmp_path / f"{name}.toml").write_text(example, encoding="utf-8")

    loaded = load_ruleset(tmp_path)

    assert name in {rule.id for rule in loaded.rules}
