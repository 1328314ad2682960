"""Every kind of fact, by the name that it bears in the journal for ever."""

from bot.core.absence import HolderAway, HolderBack
from bot.core.adhoc import StepAdded, StepEntrusted, StepSplit
from bot.core.adoption import PlanAdopted
from bot.core.anchoring import AnchorDropped
from bot.core.audit import JournalConsulted, VerificationMade
from bot.core.crisis import Fact
from bot.core.documents import DocumentDrafted, FieldFilled
from bot.core.drill import (
    DrillEnded,
    DrillObserved,
    DrillPaced,
    DrillStarted,
    InjectPlayed,
    InjectSkipped,
)
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
from bot.core.handover import HandoverDropped, HandoverProposed, HandoverTaken
from bot.core.hospital import CounterSet, StateTold, UltimatumLifted, UltimatumRecorded
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import (
    ChannelOpened,
    CrisisClosed,
    CrisisOpened,
    CrisisReopened,
    LevelChanged,
)
from bot.core.pairs import StepAgreed
from bot.core.people import MemberJoined, MemberLeft, RoleGiven, RoleReleased
from bot.core.rhythm import BriefingRaised, BriefingShared
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
        PlanAdopted,
        InstantRecorded,
        RoleGiven,
        RoleReleased,
        HolderAway,
        HolderBack,
        HandoverProposed,
        HandoverTaken,
        HandoverDropped,
        MemberJoined,
        MemberLeft,
        StepTaken,
        StepAssigned,
        StepAgreed,
        StepCompleted,
        StepSkipped,
        StepBlocked,
        StepReopened,
        StepAdded,
        StepSplit,
        StepEntrusted,
        StateTold,
        CounterSet,
        UltimatumRecorded,
        UltimatumLifted,
        QuestionAnswered,
        DutySettled,
        DutyReopened,
        OpinionGiven,
        DelayExplained,
        ReminderRaised,
        BriefingRaised,
        BriefingShared,
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
        DrillStarted,
        DrillPaced,
        InjectPlayed,
        InjectSkipped,
        DrillObserved,
        DrillEnded,
    )
}
