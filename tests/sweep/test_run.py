"""What a run's folder says of it, whatever is in there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from jsonargparse import dict_to_namespace

from verism.sweep.record import Record
from verism.sweep.run import Outcome, Run

OPTIONS = {"data": {"content": "/photos/a.jpg", "style": "/photos/b.jpg"}, "trainer": {"precision": None}}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that nobody has begun."""
    run = Run(tmp_path / "runs" / "one", OPTIONS, "d" * 64, {"data.size": "32"}, 7, dict_to_namespace(OPTIONS))
    run.prepare()
    return run


@pytest.fixture
def outcome(run: Run) -> Outcome:
    return Outcome(run.digest, None, 1.5, "compact", "abc", {"loss/total": 0.25})


def test_an_outcome_is_read_as_it_was_written(run: Run, outcome: Outcome) -> None:
    assert run.outcome is None
    run.end(outcome)
    assert run.outcome == outcome
    assert run.finished
    run.end(replace(outcome, error="It failed."))
    assert run.outcome == replace(outcome, error="It failed.")
    assert not run.finished


def test_another_runs_outcome_in_the_same_folder_does_not_count(run: Run, outcome: Outcome) -> None:
    run.end(outcome)
    assert replace(run, digest="e" * 64).outcome is None


def test_a_damaged_outcome_does_not_count(run: Run, outcome: Outcome) -> None:
    run.end(outcome)
    path = run.folder / "outcome.json"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert run.outcome is None
    for other in (b"[]", b"null", b'{"digest": "x", "colour": 1}', b"\xff\xfe", bytes(64)):
        path.write_bytes(other)
        assert run.outcome is None


def test_attempts_are_counted_until_the_run_ends(run: Run, outcome: Outcome) -> None:
    for count in range(3):
        assert run.attempts == count
        run.begin()
    run.end(outcome)
    assert run.attempts == 0


def test_failures_and_attempts_are_forgotten_but_results_are_not(run: Run, outcome: Outcome) -> None:
    run.begin()
    run.forget_failure()
    assert run.attempts == 0
    run.end(replace(outcome, error="It failed."))
    run.forget_failure()
    assert run.outcome is None
    run.end(outcome)
    run.forget_failure()
    assert run.outcome == outcome


def test_a_finished_run_keeps_its_options_and_others_get_their_photos_new_place(run: Run, outcome: Outcome) -> None:
    def written() -> object:
        return yaml.safe_load((run.folder / "fit.yaml").read_text())

    assert written() == OPTIONS
    moved = replace(run, options=OPTIONS | {"data": {"content": "/moved/a.jpg", "style": "/moved/b.jpg"}})
    moved.prepare()
    assert written() == moved.options
    run.end(outcome)
    run.prepare()
    assert written() == moved.options


def test_its_record(run: Run, outcome: Outcome) -> None:
    photos = Path("/photos/a.jpg"), Path("/photos/b.jpg")
    unrun = Record("one", run.folder, *photos, 7, {"data.size": "32"}, "not run")
    assert run.record() == unrun
    run.end(outcome)
    assert run.record() == replace(
        unrun, error=None, seconds=1.5, weights="compact", sha256="abc", scalars={"loss/total": 0.25}
    )
