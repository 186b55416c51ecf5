"""``doctor``: is this machine, and this home, fit for the daemon?"""

from __future__ import annotations

import argparse

from trainauto_tui.cli.session import Session

MARKS = {"ok": ("✔", "green"), "warn": ("▶", "yellow"), "fail": ("✗", "red")}


def configure_doctor(parser: argparse.ArgumentParser) -> None:
    """``doctor`` takes no arguments of its own."""


def execute_doctor(arguments: argparse.Namespace, session: Session) -> int:
    """Print every finding; 1 when one is a failure."""
    from trainauto_tui.cli.diagnosis import examine

    findings = examine(session.home)
    failed = any(finding.state == "fail" for finding in findings)
    if session.json:
        session.document(
            {
                "healthy": not failed,
                "checks": [finding._asdict() for finding in findings],
            }
        )
        return int(failed)
    out = session.out
    for finding in findings:
        glyph, style = MARKS[finding.state]
        state = out.style(f"{glyph} {finding.state:<4}", style)
        out.line(f"{state}  {out.style(f'{finding.name:<8}', 'dim')}  {out.clean(finding.message)}")
    return int(failed)
