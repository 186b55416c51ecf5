"""Errors of planning; each docstring is the default message and says what to do next."""


class PlanningError(Exception):
    """The pipeline cannot be planned; correct its file."""

    def __init__(self, subject: str = "", detail: str = "") -> None:
        text = (self.__doc__ or "") + (f" ({detail})" if detail else "")
        super().__init__(f"{subject}: {text}" if subject else text)
        self.subject = subject
        self.detail = detail


class UnknownNeed(PlanningError):
    """A step needs one that does not exist; correct `needs`, or add that step."""


class CyclicNeeds(PlanningError):
    """Steps need one another in a circle; remove one of these needs."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(" → ".join(cycle))
        self.cycle = cycle


class ForeachInvalid(PlanningError):
    """A foreach value must be a text, a finite number, true or false; correct the list."""


class ForeachDuplicate(PlanningError):
    """A foreach list has the same value twice; remove one of them."""


class ForeachTooLarge(PlanningError):
    """The foreach lists make too many instances; shorten them, or split the pipeline."""


class KeyInputsUnreadable(PlanningError):
    """What the cached result was made from was recorded by another version; run the step again."""


class KeyValueInvalid(PlanningError):
    """A param must be a finite number, a text, true, false or null; correct its value."""
