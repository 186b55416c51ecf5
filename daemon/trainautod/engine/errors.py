"""Errors of the engine."""


class IllegalTransition(Exception):
    """An event arrived that its step's state does not allow; this is a defect, please report it."""

    def __init__(self, run_id: str, state: str, event: str, story: tuple[str, ...]) -> None:
        lines = "\n  ".join(story)
        super().__init__(
            f"run {run_id}: {event} is not allowed in state {state}; "
            f"this is a defect, please report it with the run's story:\n  {lines}"
        )
        self.run_id = run_id
        self.story = story
