"""Every kind of fact, by the name that it bears in the journal for ever."""

from bot.core.anchoring import AnchorDropped
from bot.core.audit import JournalConsulted, VerificationMade
from bot.core.crisis import Fact
from bot.core.documents import DocumentDrafted, FieldFilled
from bot.core.duties import (
    DelayExplained,
    DutyReopened,
    DutySettled,
    OpinionGiven,
    ReminderRaised,
)
from bot.core.erasure import ErasureAsked, ErasureRefused, LinesErased
from bot.core.evidence import AnswerRated, AnswerWorded, ExportMade, QuestionAsked
from bot.core.files import FileRead, FileUnread
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
from bot.core.sealing import (
    AnchorDelayed,
    AnchorReceived,
    CheckpointSealed,
    ClockBehind,
    KeyRotated,
)
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
        OpinionGiven,
        DelayExplained,
        ReminderRaised,
        NoteAdded,
        DecisionTaken,
        LineCorrected,
        MessageHeard,
        MessageEdited,
        MessageDeleted,
        FileRead,
        FileUnread,
        GapFound,
        GapFilled,
        QuestionAsked,
        AnswerWorded,
        AnswerRated,
        ExportMade,
        JournalConsulted,
        VerificationMade,
        ErasureAsked,
        ErasureRefused,
        LinesErased,
        CheckpointSealed,
        AnchorReceived,
        AnchorDelayed,
        AnchorDropped,
        KeyRotated,
        ClockBehind,
        FieldFilled,
        DocumentDrafted,
    )
}
