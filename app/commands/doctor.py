"""Say what is installed, which ways of computing and showing work here, and how to mend what does not.

Nothing is changed. The exit code is 0 when the viewer can start and 1 when it cannot.

examples:
  python launch.py doctor
"""

from dataclasses import dataclass

from app.checkup import BAD, GOOD, OPTIONAL, examine


@dataclass(frozen=True)
class Doctor:
    """Options of `doctor`."""


def run(args: Doctor) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    findings = list(examine())
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    colors, room = {GOOD: "green", OPTIONAL: "yellow", BAD: "red"}, ""
    for finding in findings:
        shown = "" if finding.room == room else finding.room
        room = finding.room
        state = f"[{colors[finding.state]}]{finding.state}[/]"
        table.add_row(shown, finding.subject, state, escape(finding.text))
    console.print(table)
    bad = [finding.subject for finding in findings if finding.state == BAD]
    console.print(f"\nthe viewer cannot start: {', '.join(bad)}" if bad else "\nthe viewer can start here")
    return int(bool(bad))
