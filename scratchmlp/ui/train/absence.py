"""Why a part of a run's page has nothing to show: not yet, not any more, or not trained here"""

from scratchmlp.runs.store import Run


def was_trained_here(run: Run) -> bool:
    """False for a network that was loaded from a file, or taught drawings."""
    return bool(run.total_steps) or run.status != "finished"


def sentence(run: Run, what: str, first: str) -> str:
    """Why the run has no `what`, which needs its `first` step or epoch."""
    if not was_trained_here(run):
        return f"This run has no {what}: its network was not trained here."
    if run.ended:
        return f"This run has no {what}: it ended before its first {first} was done."
    return f"This run has no {what} yet: its first {first} is not done."
