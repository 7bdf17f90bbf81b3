"""Look up known vulnerabilities of the packages that are installed here.

Fails if there is one. Where PyPI's advisories cannot be had (no network, or a mirror that has the packages alone), it
says so, and does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner", "off", "--format", "json")


def judge(packages: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Return the exit status, and what to say.

    Args:
        packages: as pip-audit lists them: name, and version and vulns, or the reason why it was skipped.
    """
    asked = [package for package in packages if "skip_reason" not in package]
    if not asked:
        return 0, "Not audited: PyPI's advisories cannot be had from here."
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in asked
        for flaw in package["vulns"]
    ]
    count = f"{len(asked)} of {len(packages)} packages audited"
    return (1, "\n".join([f"{count}; known vulnerabilities:", *found])) if found else (0, f"{count}: none is known.")


def main() -> None:
    """Ask, and say what was found."""
    asked = subprocess.run(COMMAND, check=False, capture_output=True, text=True)
    unreachable = not asked.stdout and "Connection" in asked.stderr
    if not asked.stdout and not unreachable:
        raise SystemExit(asked.stderr)
    packages = [] if unreachable else json.loads(asked.stdout)["dependencies"]
    status, said = judge(packages)
    print(said)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
