"""Asks whether a package of the image has a known vulnerability, and never takes "nobody could be asked" for "none".

Exit code: 0 every package was asked about and none is known to be vulnerable; 1 one is; 3 not every package could be
asked about.  pip-audit itself ends with 0 in the third case.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "deploy" / "requirements.txt"


def main() -> int:
    """Run pip-audit over the locked packages and tell what came of it."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--require-hashes", "--disable-pip", "-f", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        print(f"NOT AUDITED: pip-audit gave no report ({type(error).__name__})")
        return 3
    vulnerable = [f"{one['name']} {one['version']}: {_ids(one)}" for one in packages if one.get("vulns")]
    skipped = [one for one in packages if "skip_reason" in one]
    for line in vulnerable:
        print(f"VULNERABLE {line}")
    if skipped:
        print(f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, such as: {skipped[0]['skip_reason']}")
    print(f"{len(packages) - len(skipped)} packages audited, {len(vulnerable)} vulnerable")
    if vulnerable:
        return 1
    return 3 if skipped or not packages else 0


def _ids(package: dict[str, list[dict[str, str]]]) -> str:
    return ", ".join(one["id"] for one in package["vulns"])


if __name__ == "__main__":
    sys.exit(main())
