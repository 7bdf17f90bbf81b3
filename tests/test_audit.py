"""The audit of dependencies fails for a vulnerability, and for nothing else."""

from __future__ import annotations

from audit import judge

SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}

SOUND = {"name": "numpy", "version": "2.0", "vulns": []}

UNSOUND = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}


def test_a_known_vulnerability_fails() -> None:
    status, said = judge([SKIPPED, SOUND, UNSOUND])
    assert status == 1
    assert "2 of 3 packages audited" in said
    assert "jinja2 2.10: PYSEC-2019-217, mended in 2.10.1" in said


def test_none_is_known() -> None:
    assert judge([SKIPPED, SOUND]) == (0, "1 of 2 packages audited: none is known.")


def test_without_advisories_it_says_so_and_goes_on() -> None:
    for packages in ([], [SKIPPED, SKIPPED]):
        assert judge(packages) == (0, "Not audited: PyPI's advisories cannot be had from here.")
