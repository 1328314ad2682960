"""Seats, members, notes, decisions, corrections, what is said in the channel, what is consulted."""

import pytest

from bot.core.crisis import TOCSIN, Command, Fact, Line
from bot.core.evidence import (
    AnswerRated,
    ExportMade,
    QuestionAsked,
    RateAnswer,
    RecordExport,
    RecordQuestion,
)
from bot.core.files import SharedFile
from bot.core.notes import (
    AddNote,
    CorrectLine,
    DecisionTaken,
    FlagMessage,
    LineCorrected,
    NoteAdded,
    TakeDecision,
)
from bot.core.people import (
    GiveRole,
    Join,
    Leave,
    MemberJoined,
    MemberLeft,
    ReleaseRole,
    RoleGiven,
    RoleReleased,
    warnings,
)
from bot.core.transcript import (
    DeleteMessage,
    EditMessage,
    FillGaps,
    FindGap,
    GapFilled,
    GapFound,
    HearMessage,
    MessageDeleted,
    MessageEdited,
    MessageHeard,
)
from tests.core.plans import BRUNO, CLAIRE, DIANE, MIN, START, H, Room, closed, opened, says

HEARD = HearMessage("1.1", "le serveur est tombé")
ASKED = RecordQuestion("cnil ?", "nette", ("obligations › K2",))
FILE = SharedFile("F1", "photo.jpg", "image/jpeg", 2048)
LATER = START + 6 * MIN


def after(*commands: Command) -> Room:
    """A room in which Claire has just done this."""
    room = opened()
    room.does(*commands)
    return room


@pytest.mark.parametrize(
    ("room", "command", "facts"),
    [
        pytest.param(after(), GiveRole("dpo", DIANE), (RoleGiven("dpo", DIANE),), id="role"),
        pytest.param(
            after(),
            GiveRole(" main COURANTE ", DIANE),
            (RoleGiven("main-courante", DIANE),),
            id="title",
        ),
        pytest.param(
            after(GiveRole("dpo", DIANE)),
            GiveRole("dpo", BRUNO),
            (RoleGiven("dpo", BRUNO),),
            id="role-shared",
        ),
        pytest.param(
            after(GiveRole("dpo", DIANE)),
            ReleaseRole("DPO", DIANE),
            (RoleReleased("dpo", DIANE),),
            id="role-left",
        ),
        pytest.param(after(), Join(DIANE), (MemberJoined(DIANE),), id="join"),
        pytest.param(after(Join(DIANE)), Join(DIANE), (), id="join-twice"),
        pytest.param(after(Join(DIANE)), Leave(DIANE), (MemberLeft(DIANE),), id="leave"),
        pytest.param(after(), Leave(DIANE), (), id="leave-without-being-there"),
        pytest.param(after(), AddNote(" vu "), (NoteAdded("vu"),), id="note"),
        pytest.param(
            after(), AddNote("vu", START - H), (NoteAdded("vu", START - H),), id="note-at"
        ),
        pytest.param(after(), AddNote("x" * 3000), (NoteAdded("x" * 3000),), id="note-full"),
        pytest.param(after(), TakeDecision("couper"), (DecisionTaken("couper"),), id="decision"),
        pytest.param(
            after(),
            TakeDecision("couper", START - H),
            (DecisionTaken("couper", START - H),),
            id="decision-at",
        ),
        pytest.param(
            after(AddNote("3 postes")),
            CorrectLine(3, " 4 postes "),
            (LineCorrected(3, "4 postes"),),
            id="correction",
        ),
        pytest.param(
            after(),
            FlagMessage("1.1", "", DIANE),
            (NoteAdded("(message sans texte)", None, "1.1", DIANE),),
            id="flag-without-text",
        ),
        pytest.param(
            after(),
            FlagMessage("1.1", "x" * 4000, DIANE, START),
            (NoteAdded("x" * 3000, START, "1.1", DIANE),),
            id="flag-cut",
        ),
        pytest.param(
            after(),
            HearMessage("1.2", "voir photo", "1.1", (FILE,), START),
            (MessageHeard("1.2", "voir photo", "1.1", (FILE,), START),),
            id="message",
        ),
        pytest.param(after(HEARD), HEARD, (), id="message-twice"),
        pytest.param(
            after(HEARD),
            EditMessage("1.1", "le serveur B est tombé", "autre chose"),
            (MessageEdited("1.1", "le serveur B est tombé", "le serveur est tombé"),),
            id="edit-keeps-what-we-knew",
        ),
        pytest.param(
            after(),
            EditMessage("0.9", "après", "avant"),
            (MessageEdited("0.9", "après", "avant"),),
            id="edit-of-something-not-heard",
        ),
        pytest.param(
            after(HEARD), EditMessage("1.1", "le serveur est tombé", ""), (), id="edit-of-nothing"
        ),
        pytest.param(
            after(HEARD, EditMessage("1.1", "B est tombé", "")),
            DeleteMessage("1.1", "autre chose"),
            (MessageDeleted("1.1", "B est tombé"),),
            id="delete-keeps-the-last-text",
        ),
        pytest.param(
            after(),
            DeleteMessage("0.9", "avant"),
            (MessageDeleted("0.9", "avant"),),
            id="delete-of-something-not-heard",
        ),
        pytest.param(
            after(),
            RecordQuestion("cnil ?", "forte", ("rgpd",), ("rgpd.md#33",)),
            (QuestionAsked("cnil ?", "forte", ("rgpd",), ("rgpd.md#33",)),),
            id="question",
        ),
        pytest.param(
            after(ASKED), RateAnswer(3, True), (AnswerRated(3, True),), id="answer-that-served"
        ),
        pytest.param(
            after(ASKED, RateAnswer(3, True)),
            RateAnswer(3, False, " autre sujet "),
            (AnswerRated(3, False, "autre sujet"),),
            id="answer-seen-again",
        ),
        pytest.param(
            after(ASKED, RateAnswer(3, False, "vu")),
            RateAnswer(3, False, "vu"),
            (),
            id="answer-rated-once-a-person",
        ),
        pytest.param(
            after(),
            RecordExport("zip", 7, "ab", "cd"),
            (ExportMade("zip", 7, "ab", "cd"),),
            id="export",
        ),
    ],
)
def test_facts(room: Room, command: Command, facts: tuple[Fact, ...]) -> None:
    """Each allowed command gives exactly these facts, and nothing when nothing happened."""
    assert room.does(command) == facts


@pytest.mark.parametrize(
    ("room", "command", "words"),
    [
        pytest.param(
            after(),
            GiveRole("rsi", DIANE),
            ("Rôle inconnu", "Vouliez-vous dire « rssi »", "directeur-crise"),
            id="role-typo",
        ),
        pytest.param(after(), GiveRole("", DIANE), ("Rôle inconnu", "Rôles :"), id="role-empty"),
        pytest.param(
            after(GiveRole("dpo", DIANE)),
            GiveRole("dpo", DIANE),
            ("Diane Inventée tient déjà", "Délégué"),
            id="role-twice",
        ),
        pytest.param(
            after(), ReleaseRole("dpo", DIANE), ("ne tient pas le rôle",), id="role-not-held"
        ),
        pytest.param(after(), ReleaseRole("zzz", DIANE), ("Rôle inconnu",), id="leave-unknown"),
        pytest.param(after(), AddNote(" "), ("Il manque le texte de la note",), id="note-empty"),
        pytest.param(
            after(),
            AddNote("x" * 3001),
            ("Texte trop long", "Rien n'a été enregistré"),
            id="note-long",
        ),
        pytest.param(after(), AddNote("vu", LATER), ("futur",), id="note-future"),
        pytest.param(
            after(), TakeDecision(""), ("Il manque le texte de la décision",), id="decision"
        ),
        pytest.param(after(), TakeDecision("x", LATER), ("futur",), id="decision-future"),
        pytest.param(
            after(), CorrectLine(3, "x"), ("La ligne 3 n'existe pas", "de 1 à 2"), id="no-line"
        ),
        pytest.param(after(), CorrectLine(0, "x"), ("La ligne 0 n'existe pas",), id="line-zero"),
        pytest.param(
            after(ASKED), RateAnswer(2, True), ("ligne 2 n'est pas une question",), id="no-question"
        ),
        pytest.param(
            after(ASKED), RateAnswer(3, False, "x" * 501), ("500 au plus",), id="rating-long"
        ),
        pytest.param(
            after(), CorrectLine(1, " "), ("Il manque le texte de la correction",), id="no-text"
        ),
        pytest.param(
            after(FlagMessage("1.1", "vu", DIANE)),
            FlagMessage("1.1", "vu", BRUNO),
            ("déjà consigné",),
            id="flag-twice",
        ),
        *(
            pytest.param(room, command, words, id=f"{kind}-{type(command).__name__}")
            for kind, room, words in (
                ("closed", closed(), ("close", "rouvrir")),
                ("nothing", Room(), ("n'existe pas",)),
            )
            for command in (
                GiveRole("dpo", DIANE),
                ReleaseRole("dpo", DIANE),
                AddNote("x"),
                TakeDecision("x"),
                CorrectLine(1, "x"),
                FlagMessage("1.1", "x", DIANE),
            )
        ),
    ],
)
def test_refusals(room: Room, command: Command, words: tuple[str, ...]) -> None:
    """Each refusal says in French what is wrong."""
    says(room.refuses(command), *words)


@pytest.mark.parametrize(
    "command",
    [
        HearMessage("2.1", "encore là"),
        EditMessage("1.1", "après", "avant"),
        DeleteMessage("1.1", "avant"),
        FindGap(START, LATER, "Slack refuse (is_archived)"),
        Join(DIANE),
        RecordQuestion("cnil ?", "forte", ()),
        RecordExport("zip", 4, "ab", "cd"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_is_observed_is_recorded_on_a_closed_crisis_too(command: Command) -> None:
    """What was said, consulted or exported after the closing is recorded, and reopens nothing."""
    room = closed()
    assert len(room.does(command)) == 1
    assert not room.crisis.is_open


def test_each_person_rates_an_answer_once() -> None:
    """Two people count twice, one who changes their mind once, also after the closing."""
    room = after(ASKED)
    room.does(RateAnswer(3, False, "hors sujet"), by=DIANE)
    room.does(RateAnswer(3, True), by=BRUNO)
    room.does(RateAnswer(3, True), by=DIANE)
    assert room.crisis.ratings == {(3, "U3"): (True, ""), (3, "U2"): (True, "")}

    shut = closed()
    shut.does(ASKED)
    (asked,) = shut.crisis.questions
    assert len(shut.does(RateAnswer(asked, True))) == 1
    assert not shut.crisis.is_open


def test_roles_are_shared_and_left() -> None:
    """A seat may have several holders; leaving it frees only one's own place."""
    room = after(GiveRole("dpo", DIANE), GiveRole("dpo", BRUNO), GiveRole("rssi", BRUNO))
    assert list(room.crisis.roles["dpo"]) == [DIANE, BRUNO]
    assert room.crisis.roles_of("U2") == ("dpo", "rssi")
    room.does(ReleaseRole("dpo", BRUNO))
    assert list(room.crisis.roles["dpo"]) == [DIANE]
    assert room.crisis.roles_of("U2") == ("rssi",)


def test_two_seats_that_go_badly_together_give_a_warning() -> None:
    """One person on both seats of a pair is a warning, never a refusal."""
    room = after(GiveRole("directeur-crise", CLAIRE), GiveRole("main-courante", DIANE))
    assert warnings(room.crisis) == ()
    room.does(GiveRole("main-courante", CLAIRE))
    (warning,) = warnings(room.crisis)
    says(warning, "Claire Exemple", "« Direction de crise »", "« Main courante »")


def test_members_come_and_go() -> None:
    """The state knows who is in the channel."""
    room = after(Join(DIANE), Join(BRUNO), Leave(DIANE))
    assert room.crisis.members == frozenset({"U2"})


def test_a_correction_points_back_and_replaces_nothing() -> None:
    """The corrected line keeps its text and names the correction; the correction is a line."""
    room = after(AddNote("3 postes"))
    room.wait(H).does(CorrectLine(3, "4 postes"), by=BRUNO)
    room.does(CorrectLine(4, "5 postes"), CorrectLine(3, "6 postes"), by=DIANE)
    first, second, third, _ = room.crisis.lines
    assert first == Line(3, "note", "3 postes", START, START, CLAIRE, (4, 6))
    assert second.text == "Correction de la ligne 3 : 4 postes"
    assert (second.by, second.at, second.corrections) == (BRUNO, START + H, (5,))
    assert third.text == "Correction de la ligne 4 : 5 postes"


def test_an_entry_that_is_no_line_can_be_corrected_too() -> None:
    """Correcting the opening leaves it as it was and adds a line that names its number."""
    room = after(CorrectLine(1, "c'était à 02:50"))
    assert [line.text for line in room.crisis.lines] == [
        "Correction de la ligne 1 : c'était à 02:50"
    ]


def test_a_late_note_keeps_both_times() -> None:
    """A note about an earlier moment says when it happened and when it was written."""
    (line,) = after(AddNote("appel reçu", START - H)).crisis.lines
    assert (line.at, line.recorded) == (START - H, START)


def test_a_flagged_message_is_a_note_of_its_author() -> None:
    """Raising a message to the log credits who said it, not who raised it."""
    room = opened()
    room.does(FlagMessage("1.1", "bloc en papier", DIANE, START), by=BRUNO)
    (line,) = room.crisis.lines
    assert (line.kind, line.text, line.by) == ("note", "bloc en papier", DIANE)
    assert room.crisis.flagged == frozenset({"1.1"})


def test_edits_and_deletions_leave_the_first_words_in_the_facts() -> None:
    """The channel shows the last text or none; the facts keep every text that was ever said."""
    room = after(HEARD, EditMessage("1.1", "B est tombé", ""))
    assert room.crisis.messages == {"1.1": "B est tombé"}
    room.does(DeleteMessage("1.1", ""))
    assert room.crisis.messages == {}
    said = [fact for fact, _ in room.recorded if fact.name.startswith("message")]
    assert said == [
        MessageHeard("1.1", "le serveur est tombé"),
        MessageEdited("1.1", "B est tombé", "le serveur est tombé"),
        MessageDeleted("1.1", "B est tombé"),
    ]


def test_what_was_missed_is_late_and_the_last_stamp_heard_is_kept() -> None:
    """The latest stamp is the latest in time, in whatever order messages are found."""
    room = after(HearMessage("10.2", "après"), HearMessage("9.7", "avant", late=True))
    assert room.crisis.heard == "10.2"
    assert room.does(HearMessage("9.7", "avant"), by=BRUNO) == ()
    assert room.does(EditMessage("9.7", "avant, corrigé", "", late=True), by=BRUNO) == (
        MessageEdited("9.7", "avant, corrigé", "avant", late=True),
    )
    assert room.does(HearMessage("8.1", "encore avant", late=True), by=BRUNO) == (
        MessageHeard("8.1", "encore avant", late=True),
    )
    assert room.crisis.heard == "10.2"


def test_a_gap_is_found_once_and_ends_when_the_channel_was_read() -> None:
    """A gap is the same while it begins at the same moment; filled, it may come again."""
    room = after()
    gap = GapFound(START, START + H, "Slack refuse (not_in_channel)")
    assert room.does(FindGap(START, START + H, gap.reason), by=TOCSIN) == (gap,)
    assert room.does(FindGap(START, START + 2 * H, "autre"), by=TOCSIN) == ()
    later = FindGap(START + 3 * H, START + 4 * H, "autre")
    room.does(later, by=TOCSIN)
    assert room.crisis.gaps == ((START, START + H), (START + 3 * H, START + 4 * H))

    assert room.does(FillGaps(), by=TOCSIN) == (
        GapFilled(START, START + H),
        GapFilled(START + 3 * H, START + 4 * H),
    )
    assert not room.crisis.gaps
    assert room.does(FillGaps(), by=TOCSIN) == ()
    assert room.does(later, by=TOCSIN) == (GapFound(START + 3 * H, START + 4 * H, "autre"),)


def test_a_change_that_slack_sent_again_after_a_later_one_stays_in_its_place() -> None:
    """The database was away for the first change: it is recorded as it was, and the message says
    what the last one made of it."""
    room = opened()
    room.does(HearMessage("1.1", "un"))
    room.does(EditMessage("1.1", "trois", "deux", happened=START + 2 * MIN))
    (fact,) = room.does(EditMessage("1.1", "deux", "un", happened=START + MIN))
    assert fact == MessageEdited("1.1", "deux", "un", START + MIN)
    assert room.crisis.messages["1.1"] == "trois"
    room.does(EditMessage("1.1", "quatre", "trois", happened=START + 3 * MIN))
    assert room.crisis.messages["1.1"] == "quatre"
