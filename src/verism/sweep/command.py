"""The command ``sweep``: runs ``fit`` over a grid of options, and compares the results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser, lazy_instance

from verism.batch.alone import alone_in
from verism.batch.executors import Executor, local
from verism.batch.progress import progress
from verism.commands.fit_words import split
from verism.commands.options import resolve_paths
from verism.commands.saying import near
from verism.errors import SweepError, VerismError
from verism.quiet import quieten_lightning
from verism.run_files import LOGS
from verism.sweep.estimate import estimate
from verism.sweep.labels import COMPARED
from verism.sweep.plan import Grid, Pair, plan
from verism.sweep.report import write_outputs
from verism.sweep.run import LOG, Chain, Outcome, Run
from verism.sweep.work import MAX_ATTEMPTS, Work


def sweep(args: Sequence[str]) -> None:
    """Run ``sweep`` with its arguments."""
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism sweep", description=Sweep.__doc__, exit_on_error=False)
    parser.add_argument("--config", action="config", help="The sweep's file, which can hold all of these options.")
    parser.add_class_arguments(Sweep, as_group=False, skip={"output", "carry_over", "dry_run", "options"})
    parser.add_argument(
        "--output",
        type=Path,
        help="The folder for the sweep; by default, lightning_logs/ and the name of the sweep's file.",
    )
    parser.add_argument(
        "--carry_over",
        action="store_true",
        help="Start each run from the result of the previous run along the first axis of the grid, as the paper did by "
        "mistake, instead of from its own first image.",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="List the runs, with the time and memory that they will take, and stop.",
    )
    own, fits = split(args)
    options = parser.parse_args(own)
    name = Path(options.config[-1].relative).stem if options.config else "sweep"
    parts = parser.instantiate(options)
    del parts.config
    parts.output = parts.output or Path.cwd() / LOGS / name
    Sweep(**vars(parts), options=fits)()


class Sweep:
    """Run fit with every combination of a grid of options, and write a report that compares the results.

    The sweep's folder holds ``runs`` (each with its options, log and result), ``results.csv``, ``sheets``, ``plots``
    and ``report.html``. The same command, run again, only makes the runs that are not finished yet.
    """

    def __init__(
        self,
        base: Path,
        grid: Grid,
        output: Path,
        pairs: list[Pair] | Path | None = None,
        seeds: Sequence[int] = (0,),
        compare: Sequence[str] = COMPARED,
        carry_over: bool = False,
        executor: Executor = lazy_instance(local),
        dry_run: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        """Plan the runs.

        Args:
            base: the config of fit that all runs share. All paths in a sweep's file are relative to that file.
            grid: a dictionary from an option of fit, by its dotted name, to the list of its values; a list of one value
                sets the option for all runs. Options that change together go below a name of your choice, with a label
                for each set: {label: {option: value, …}, …}. Values that are files are relative to the current folder.
            output: the sweep's folder.
            pairs: photos, as a list of {content: …, style: …}, each a file or a pattern such as photos/*.jpg; or a
                CSV file with these two columns. null: the photos of base.
            seeds: random seeds; every combination is run once with each of them.
            compare: which scalars the plots and the report show against the options, as patterns of their tags.
            carry_over: start each run from the image of the run before it along the first axis of the grid.
            executor: what runs the runs: local (one process per GPU or core of this machine), dask or ray; each has its
                own options, such as --executor.workers and --executor.address.
            dry_run: only list the runs.
            options: options of fit, as on its command line; the same in all runs.

        Raises:
            VerismError: as ``plan`` does.
        """
        self.output = output
        self.executor = executor
        self.dry_run = dry_run
        self.compare = compare
        self.chains = plan(base, grid, pairs, seeds, output, carry_over=carry_over, options=options)
        self.runs: list[Run] = [run for chain in self.chains for run in chain]

    def __call__(self) -> None:
        """Make the runs that are not finished, and write the report; with ``dry_run``, only print an estimate.

        Raises:
            SweepError: some runs failed; the report has the others, and the errors.
            VerismError: the executor fails, or another sweep is working in the folder.
        """
        if self.dry_run:
            sys.stdout.write(estimate(self.runs, self.executor.workers, self.executor.threads))
            return
        try:
            with alone_in(self.output, "--output", "sweep"):
                self._run()
        except KeyboardInterrupt as error:
            finished = sum(run.finished for run in self.runs)
            raise SweepError(
                f"Interrupted; {finished} of {len(self.runs)} runs are finished, and the same command does the rest."
            ) from error

    def _run(self) -> None:
        for run in self.runs:
            run.prepare()
            run.forget_failure()
        with progress(len(self.runs), "Runs", "run", self._count):
            self._run_all()
        records = [run.record() for run in self.runs]
        report, *_ = write_outputs(self.output, records, self.compare)
        sys.stdout.write(f"Report: {near(report)}\n")
        if failed := [record for record in records if record.error]:
            raise SweepError(
                f"{len(failed)} of {len(records)} runs failed, the first with: {str(failed[0].error).rstrip('.')}. "
                f"All of their errors are in {near(self.output / 'results.csv')}."
            )

    def _run_all(self) -> None:
        """Hand out unfinished runs until all have ended, since a worker may die in the middle of a run."""
        while pending := [chain for chain in self.chains if not _ended(chain)]:
            before = self._state()
            failure: Exception | None = None
            try:
                self.executor.run([Work(chain) for chain in pending])
            except VerismError:
                raise
            except Exception as error:
                failure = error
            if self._state() == before:
                raise VerismError(f"--executor: workers end before they begin a run ({failure or 'no reason given'}).")
            for run in self.runs:
                if run.outcome is None and run.attempts >= MAX_ATTEMPTS:
                    # Only this machine's workers write a log here; Dask's and Ray's workers keep their own.
                    log = f"; see {near(run.folder / LOG)}" if (run.folder / LOG).is_file() else ""
                    run.end(Outcome(run.digest, f"its worker died {MAX_ATTEMPTS} times{log}"))

    def _count(self) -> tuple[int, int]:
        """Return how many runs have ended and how many of them failed."""
        outcomes = [outcome for run in self.runs if (outcome := run.outcome)]
        return len(outcomes), sum(outcome.error is not None for outcome in outcomes)

    def _state(self) -> list[tuple[Outcome | None, int]]:
        return [(run.outcome, run.attempts) for run in self.runs]


def _ended(chain: Chain) -> bool:
    return all(run.outcome for run in chain)
