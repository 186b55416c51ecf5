"""What is known of the hosts that were open before: how their links were when they were left."""

from dataclasses import dataclass

from trainauto_tui.live.link import LinkState


@dataclass(frozen=True, slots=True)
class Visit:
    """The end of a visit.

    Attributes:
        at: When the host was left, in unix seconds.
        link: How its link was then.
    """

    at: float
    link: LinkState
