"""The shim's failpoints, which a test arms through the environment of the fork server."""

import os

NAMES = (
    "shim.before_claim",
    "shim.after_claim",
    "shim.after_spawn",
    "shim.before_record",
    "shim.after_record",
)


if "TRAINAUTO_FAILPOINTS" in os.environ:  # only then worth the size of what it imports
    from trainautod.failpoints import declare, failpoint

    declare(*NAMES)
else:

    def failpoint(name: str) -> None:
        """Do nothing: no failpoint is armed."""


__all__ = ["NAMES", "failpoint"]
