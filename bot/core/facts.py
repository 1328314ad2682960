"""Every kind of fact, by the name that it bears in the journal for ever."""

from bot.core.crisis import Fact
from bot.core.duties import DutyReopened, DutySettled, ReminderRaised
from bot.core.evidence import ExportMade, QuestionAsked
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import (
    ChannelOpened,
    CrisisClosed,
    CrisisOpened,
    CrisisReopened,
    LevelChanged,
)
from bot.core.people import MemberJoined, MemberLeft, RoleGiven, RoleReleased
from bot.core.sealing import AnchorDelayed, AnchorReceived, CheckpointSealed, KeyRotated
from bot.core.steps import (
    QuestionAnswered,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from bot.core.transcript import GapFilled, GapFound, MessageDeleted, MessageEdited, MessageHeard

FACTS: dict[str, type[Fact]] = {
    fact.name: fact
    for fact in (
        CrisisOpened,
        ChannelOpened,
        LevelChanged,
        CrisisClosed,
        CrisisReopened,
        InstantRecorded,
        RoleGiven,
        RoleReleased,
        MemberJoined,
        MemberLeft,
        StepTaken,
        StepAssigned,
        StepCompleted,
        StepSkipped,
        StepBlocked,
        StepReopened,
        QuestionAnswered,
        DutySettled,
        DutyReopened,
        ReminderRaised,
        NoteAdded,
        DecisionTaken,
        LineCorrected,
        MessageHeard,
        MessageEdited,
        MessageDeleted,
        GapFound,
        GapFilled,
        QuestionAsked,
        ExportMade,
        CheckpointSealed,
        AnchorReceived,
        AnchorDelayed,
        KeyRotated,
    )
}
