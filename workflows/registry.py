"""Every workflow type that a worker serves."""

from workflows.close_periods import ClosePeriods
from workflows.delete_orphan import DeleteOrphan
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.drift import CheckDrift
from workflows.due_removals import StartDueRemovals
from workflows.due_rotations import StartDueRotations
from workflows.grant_access import GrantAccess
from workflows.keep_usage import KeepUsage
from workflows.preview import PreviewChange
from workflows.recover import RecoverTenant
from workflows.recover_lost import RecoverLost
from workflows.remove import RemoveTenant
from workflows.repair import RepairTenant
from workflows.restore import RestoreTenant
from workflows.resume import ResumeTenant
from workflows.rotate import RotateDatabasePassword
from workflows.scale import ScaleTenant
from workflows.signup import SignupTenant
from workflows.suspend import SuspendTenant
from workflows.teardown import TeardownTenant

WORKFLOWS: list[type] = [
    SignupTenant,
    ScaleTenant,
    SuspendTenant,
    ResumeTenant,
    TeardownTenant,
    RestoreTenant,
    RemoveTenant,
    RepairTenant,
    RotateDatabasePassword,
    CheckDrift,
    ClosePeriods,
    DeleteOrphan,
    StartDueRemovals,
    StartDueRotations,
    RecoverTenant,
    RecoverLost,
    KeepUsage,
    DeliverWebhooks,
    PreviewChange,
    GrantAccess,
]
