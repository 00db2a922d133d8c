"""What an operator reads in the Temporal UI: ids, kinds, reasons and instants, never a person's data."""

from datetime import UTC, datetime

from sequencing.adds import AddProgress
from sequencing.decisions import Decision, Do
from sequencing.enrollments import Status


def timer_summary(decision: Decision) -> str:
    """Beside the timer."""
    why = decision.why.value if decision.why else "due"
    return f"step {decision.step} · {_action(decision)} · until {_instant(decision.at)} · {why}"


def details(enrollment_id: str, run: int, decision: Decision) -> str:
    """The run at a glance, in Markdown."""
    lines = [f"**{decision.status.value}** at step {decision.step} ({_action(decision)})"]
    if decision.reason:
        lines.append(f"reason: `{decision.reason.value}`")
    if decision.do is Do.wait_for_news:
        lines.append(f"waits for {_whom(decision)}" + (f": `{decision.why.value}`" if decision.why else ""))
    elif decision.at is not None:
        lines.append(
            f"next: `{decision.do.value}` at {_instant(decision.at)}"
            + (f" ({decision.why.value})" if decision.why else "")
        )
    lines.append(f"`sequencing enrollments show {enrollment_id}` · run {run}")
    return "\n\n".join(lines)


def start_summary(decision: Decision) -> str:
    """Beside the run in the list."""
    return f"first: {_action(decision)}"


def _action(decision: Decision) -> str:
    return decision.action.value if decision.action else decision.do.value


def _whom(decision: Decision) -> str:
    asked = decision.status is Status.active and decision.action is not None and not decision.action.automatic
    asked = asked and decision.why is None
    return "a person: the to-do is open" if asked else "news alone"


def _instant(at: datetime | None) -> str:
    return "news" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def add_details(add_id: str, progress: AddProgress) -> str:
    """A large add at a glance, in Markdown."""
    return (
        f"**{progress.status.value}**: {progress.answered} of {progress.total} answered\n\n"
        f"`sequencing adds show {add_id}`"
    )
