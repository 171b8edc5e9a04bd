"""Judge files and what is at hand, say what failed, and look back: the Python API in one page."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from eidos.engine.api import Eidos, EidosError, Report, Status


def failures(report: Report) -> list[str]:
    """Give a line for each violation: subject, rule, and what it says."""
    return [
        f"{subject.name} {verdict.rule}: {verdict.findings[0].msg}"
        for subject in report.subjects
        for verdict in subject.verdicts
        if verdict.status is Status.FAIL and verdict.findings
    ]


def main(file: Path, database: Path) -> int:
    """Judge a snapshot by the rules of a day, record it, and read the run back."""
    try:
        with Eidos(db=database, record=True) as eidos:
            policy = eidos.policy(
                ["gpu"], fail_on="high", effective_time=datetime(2026, 11, 24, tzinfo=UTC)
            )
            report = eidos.check([file], policy)
            print("\n".join(failures(report)))
            pods = {"pod": {"kind": "Pod", "metadata": {"name": "a"}}}
            print(eidos.judge(pods, policy).decision)
            print(eidos.runs(limit=1)[0].decision, eidos.run(report.run) == report)
            return report.exit_code
    except EidosError as error:
        print(error, error.hint or "", sep="\n", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
