"""The JSON documents of the daemon's API, as types.

They are plain ``dict`` objects at run time: fields that a newer daemon adds are kept and passed
through. Times are ISO 8601 text with milliseconds and offset, durations are seconds, sizes bytes.
"""

from trainauto_tui.documents.backfills import (
    AcceptedBackfill,
    Backfill,
    BackfillCounts,
    BackfillRequest,
    BackfillSlot,
    BackfillSummary,
)
from trainauto_tui.documents.daemon import (
    Amount,
    Devices,
    Disk,
    SlotLease,
    Slots,
    Status,
    StoreStatus,
    Task,
)
from trainauto_tui.documents.drift import DriftReport, DriftSource
from trainauto_tui.documents.events import Changes, Event, EventPage
from trainauto_tui.documents.lineage import Lineage, LineageNode, MoreLineage
from trainauto_tui.documents.models import Model, ModelVersion, Transition
from trainauto_tui.documents.notifications import Notification, Target, Undelivered
from trainauto_tui.documents.pipelines import (
    OtherTrigger,
    PipelineDocument,
    PipelineStep,
    RecentRun,
    Schedule,
)
from trainauto_tui.documents.policies import PolicyDocument, SignalAnswer
from trainauto_tui.documents.runs import (
    AcceptedRun,
    Plan,
    PlannedStep,
    Run,
    RunError,
    RunPage,
    RunRequest,
    RunSummary,
    Scalar,
)
from trainauto_tui.documents.steps import (
    AttemptDocument,
    AttemptName,
    Comparison,
    Environment,
    Explanation,
    GitState,
    InstanceRun,
    LogLine,
    LogMatches,
    LogTimes,
    MetricSeries,
    Output,
    Progress,
    Resources,
    StepDocument,
    StepRun,
    Use,
)

FINAL_RUN_STATUSES = frozenset({"succeeded", "failed", "cancelled", "skipped"})
FINAL_STEP_STATUSES = FINAL_RUN_STATUSES

__all__ = [
    "FINAL_RUN_STATUSES",
    "FINAL_STEP_STATUSES",
    "AcceptedBackfill",
    "AcceptedRun",
    "Amount",
    "AttemptDocument",
    "AttemptName",
    "Backfill",
    "BackfillCounts",
    "BackfillRequest",
    "BackfillSlot",
    "BackfillSummary",
    "Changes",
    "Comparison",
    "Devices",
    "Disk",
    "DriftReport",
    "DriftSource",
    "Environment",
    "Event",
    "EventPage",
    "Explanation",
    "GitState",
    "InstanceRun",
    "Lineage",
    "LineageNode",
    "LogLine",
    "LogMatches",
    "LogTimes",
    "MetricSeries",
    "Model",
    "ModelVersion",
    "MoreLineage",
    "Notification",
    "OtherTrigger",
    "Output",
    "PipelineDocument",
    "PipelineStep",
    "Plan",
    "PlannedStep",
    "PolicyDocument",
    "Progress",
    "RecentRun",
    "Resources",
    "Run",
    "RunError",
    "RunPage",
    "RunRequest",
    "RunSummary",
    "Scalar",
    "Schedule",
    "SignalAnswer",
    "SlotLease",
    "Slots",
    "Status",
    "StepDocument",
    "StepRun",
    "StoreStatus",
    "Target",
    "Task",
    "Transition",
    "Undelivered",
    "Use",
]
