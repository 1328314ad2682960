"""The cell at a terminal of the bot's host: beside a bot that runs, or before it comes back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import Settings
from bot.core.erasure import erasers
from bot.core.steps import StepTaken
from bot.errors import Refused
from bot.grammar import WORDS
from bot.terminal import Terminal, plain
from bot.terminal_desk import Desk
from bot.terminal_ways import WAYS
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import Double
from tests.service.numbers import FIRST
from tests.slack.conftest import PEOPLE, QUICK, Night, any_text, settings

ALL_AWAY = ("chat.postMessage", "chat.update", "conversations.create", "conversations.invite")


@contextmanager
def another(house: House) -> Iterator[House]:
    """The house as a command beside the bot opens it."""
    beside = build(house.settings)
    yield beside
    beside.store.close()


def _terminal(
    house: House, who: str = "claire", ask: Callable[[str], str] | None = None
) -> Terminal:
    desk = Desk(
        house.service,
        house.erasure_bases,
        house.settings.erasers,
        lambda: house.documents.held,
    )
    return Terminal(house.service, house.people(), who, house.settings.auditors, desk, ask)


async def test_what_is_done_at_a_terminal_reaches_the_channel(night: Night) -> None:
    """Beside a bot that runs, also while Slack refuses everything: told when Slack is back."""
    await night.opened()
    for method in ALL_AWAY:
        night.double.fault(method, "500", times=3)

    with another(night.house) as house:
        said = await asyncio.to_thread(
            _terminal(house).say, night.crisis.id, "décision Passer au papier"
        )
        await asyncio.to_thread(_terminal(house, "rssi").say, night.crisis.id, "prendre R01")

    assert "Enregistré, ligne" in said
    await night.double.wait(
        lambda double: any_text(double.posts(night.channel), "Passer au papier"), 20
    )
    fact, stamp = night.last()
    assert isinstance(fact, StepTaken)
    assert (stamp.actor.id, stamp.actor.name) == ("U02BRUNO", "Bruno Modèle")
    assert stamp.actor.role.endswith("saisi au terminal")
    posts = [one for one in night.double.posts(night.channel) if any_text([one], "au papier")]
    told_once = [one for one in posts if any_text([one], "Ligne")]
    assert len(told_once) == 1


async def test_a_crisis_opened_at_a_terminal_gets_its_channel_when_the_bot_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody runs the bot yet: the crisis is opened and worked, then the channel shows it."""
    async with Double() as double:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        (tmp_path / "knowledge").mkdir()
        mine = settings(double, tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TOCSIN_DATA_DIR", str(mine.tocsin_data_dir))
        opened = ["act", "nouvelle", "Écrans de rançon aux urgences", "--as", "Claire Exemple"]
        assert run([*opened, "--exercise"]) == 0
        assert run(["act", f"EX-{FIRST}", "prendre R01", "--as", "claire"]) == 0
        assert f"EX-{FIRST} ouverte" in capsys.readouterr().out

        house = build(mine)
        async with running(house, QUICK):
            await double.wait(lambda _: house.service.crises()[0].channel != "", 20)
            channel = house.service.crises()[0].channel
            await double.wait(lambda one: any_text(one.posts(channel), "Claire Exemple"), 20)
            await double.wait(lambda one: set(PEOPLE) <= set(one.channel(channel).members), 20)
        house.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[House]:
    """A house with an open exercise, and no bot."""
    from bot.core.opening import OpenCrisis

    house = build(Settings(tocsin_data_dir=tmp_path, tocsin_auditors="U0AUDIT", _env_file=None))  # type: ignore[call-arg]
    plan = house.plans["rancongiciel"]
    _terminal(house).open(OpenCrisis("Écrans", plan, house.service.now(), exercise=True))
    yield house
    house.store.close()


@pytest.mark.parametrize(
    ("who", "line", "said"),
    [
        pytest.param("claire", "point", "Point de situation", id="briefing"),
        pytest.param("Bruno Modèle", "étapes", "R01", id="steps"),
        pytest.param("dpo", "échéances", "CNIL", id="deadlines"),
        pytest.param("U01CLAIRE", "rôles", "Claire Exemple", id="seats"),
        pytest.param("claire", "journal", "Scellée jusqu'à", id="journal"),
        pytest.param("claire", "vérifier", "conforme", id="verify"),
        pytest.param("claire", "aide", "décision [heure] <texte>", id="help"),
        pytest.param("claire", "aide fait", "fait <étape> [issue] [preuve]", id="help-of-a-word"),
        pytest.param("claire", "confier R03 @bruno", "confiée à Bruno Modèle", id="mention"),
        pytest.param("claire", "note 3h <b> & *gras*", "Note : <b> & *gras*", id="odd-text"),
        pytest.param("U0AUDIT", "journal", "Scellée jusqu'à", id="auditor-reads"),
    ],
)
def test_the_words_of_slack_work_at_a_terminal(desk: House, who: str, line: str, said: str) -> None:
    """The same line does the same thing, told as plain text."""
    told = _terminal(desk, who).say(f"ex-{FIRST}", line).replace("\u00a0", " ")

    assert said in told
    assert "\x1b" not in told
    assert "<@" not in told


@pytest.mark.parametrize(
    ("who", "line", "said"),
    [
        pytest.param("personne", "point", "Personnes de la cellule : ", id="stranger"),
        pytest.param("U0AUDIT", "décision Tout couper", "auditeur", id="auditor-acts"),
        pytest.param("claire", "fait R99", "inconnue", id="unknown-step"),
        pytest.param("claire", "decisoin Couper", "décision", id="near-miss"),
        pytest.param("claire", "note", "demande plus", id="form"),
        pytest.param("claire", "exporter", f"tocsin export EX-{FIRST}", id="export"),
        pytest.param("claire", "question et les sauvegardes", "tocsin ask", id="question"),
    ],
)
def test_what_a_terminal_refuses_is_recorded_nowhere(
    desk: House, who: str, line: str, said: str
) -> None:
    """A refusal says what to do, and leaves the journal as it was."""
    before = desk.service.crises()[0].seq

    with pytest.raises(Refused) as refused:
        _terminal(desk, who).say(f"EX-{FIRST}", line)

    assert said in refused.value.for_people().replace("\u00a0", " ")
    assert desk.service.crises()[0].seq == before


#: What somebody at the keyboard answers to each word that asks, and the fact that comes of it.
ASKED: dict[str, tuple[tuple[str, ...], str]] = {
    "compteur": (("transferts", "3"), "counter_set"),
    "ultimatum": (("dans 48 h", "Une rançon"), "ultimatum_recorded"),
    "constat": (("t_dp", "maintenant", "écran vu"), "instant_recorded"),
    "décision": (("", "Couper Internet"), "decision_taken"),
    "note": (("3h", "Écrans noirs"), "note_added"),
    "papier": (("P-001", "03:10", "Appel du SAMU"), "note_added"),
    "étape ajouter": (("Appeler le voisin", "", "45 min"), "step_added"),
    "corriger": (("{note}", "Écrans gris"), "line_corrected"),
    "prendre": (("R01",), "step_taken"),
    "bloquer": (("R01", "Pas de clé"), "step_blocked"),
    "refaire": (("R01", ""), "step_reopened"),
    "fait": (("R01", "", "photo"), "step_completed"),
    "écarter": (("R02", "Sans objet"), "step_skipped"),
    "confier": (("R03", "@bruno"), "step_assigned"),
    "réponse": (("{question}", "{choice}"), "question_answered"),
    "issue": (("cnil-initiale", "envoyée", "n° 12"), "duty_settled"),
    "reprendre": (("cnil-initiale", "Envoi à refaire"), "duty_reopened"),
    "opinion": (("cnil-initiale", "À notifier"), "opinion_given"),
    "niveau": (("{level}", "Plus grave"), "level_changed"),
    "champ": (("{field}", "Un serveur fictif"), "field_filled"),
    "effacer": (("{note}",), ""),
}
#: Words that ask, and that need what this exercise does not have: refused by the rule itself.
RULED_OUT = {"avis": "ligne", "retard": "inconnue", "rouvrir": "close"}


def test_the_table_knows_every_word() -> None:
    """Each word of the language is shown, asked or done elsewhere; none is forgotten."""
    assert set(WAYS) == set(WORDS)
    tried = {one.split()[0] for one in ASKED} | set(RULED_OUT)
    assert tried == {name for name, way in WAYS.items() if way.fields}


def test_every_word_with_a_form_is_asked_field_by_field(desk: House) -> None:
    """The answers make the line of the grammar, which records the very fact that a form would."""
    crisis = desk.service.crises()[0]
    question = crisis.plan.playbook.questions[0]
    known = {
        "question": question.id,
        "choice": question.choices[0],
        "level": crisis.plan.cell.levels[-1].id,
        "field": next(iter(desk.documents.held.fields.values())).id,
    }
    for line, (answers, kind) in ASKED.items():
        given = [one.format(**known) for one in answers]
        told = _terminal(desk, "claire", lambda _, left=given: left.pop(0)).say(crisis.id, line)  # type: ignore[misc]
        assert given == [], line
        facts = list(desk.service.facts(crisis.id))
        found = [stamp.seq for fact, stamp in facts if fact.name == kind]
        assert bool(found) is bool(kind), (line, told)
        if line == "note":
            known["note"] = str(found[-1])
    for line, word in RULED_OUT.items():
        with pytest.raises(Refused, match=word):
            _terminal(desk, "claire", lambda _: "1").say(crisis.id, line)


def test_a_word_alone_acts_shows_or_says_where_it_is_done(desk: House) -> None:
    """Without anybody to ask, each word still ends in something to read."""
    for name in sorted(WAYS, key=lambda one: one == "clore"):  # which closes it all, comes last
        try:
            told = _terminal(desk).say(f"EX-{FIRST}", name)
        except Refused as refused:
            told = refused.for_people()
        assert told.strip(), name
        if WAYS[name].elsewhere:
            assert told.startswith(("Ici, faites", "Ce mot est réservé")), told


def test_two_people_erase_a_text_at_a_terminal(desk: House) -> None:
    """What would go is shown before it is asked and before it is confirmed, by two people."""
    number, claire = f"EX-{FIRST}", _terminal(desk, "U01CLAIRE")
    claire.say(number, "note Le nom inventé de Jeanne Fictive")
    line = desk.service.crises()[0].seq
    may = sorted(erasers(desk.service.crises()[0]))
    first, second = _terminal(desk, may[0]), _terminal(desk, may[1])
    basis = desk.erasure_bases()[0].id

    shown = first.say(number, f"effacer {line}")
    assert "Jeanne Fictive" in shown
    assert f"effacer {line} ; {basis}" in shown.replace("\u00a0", " ")
    asked = first.say(number, f"effacer {line} ; {basis} ; Un nom de patiente")
    request = next(iter(desk.service.crises()[0].erasures))
    assert f"effacer confirmer {request}" in asked
    with pytest.raises(Refused, match="deuxième personne"):
        first.say(number, f"effacer confirmer {request} oui")
    assert "Jeanne Fictive" in second.say(number, f"effacer confirmer {request}")
    assert line not in desk.service.crises()[0].erased

    done = second.say(number, f"effacer confirmer {request} oui")

    assert line in desk.service.crises()[0].erased
    assert "sauvegardes" in done
    assert "Jeanne" not in second.say(number, "journal")


def test_a_document_is_listed_and_read_at_a_terminal(desk: House) -> None:
    """The list, then one text with what it still needs and how its files are made."""
    claire = _terminal(desk)
    listed = claire.say(f"EX-{FIRST}", "document")
    assert "notification-cnil" in listed
    told = claire.say(f"EX-{FIRST}", "document notification-cnil").replace("\u00a0", " ")
    assert "À compléter : " in told
    assert f"tocsin document EX-{FIRST} notification-cnil --output" in told
    with pytest.raises(Refused, match="--output"):
        claire.say(f"EX-{FIRST}", "document notification-cnil préparer")


def test_lines_come_from_a_pipe_too(
    desk: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several lines in one go: each is done or told, and the code says that one was refused."""
    import io

    monkeypatch.setenv("TOCSIN_DATA_DIR", str(desk.settings.tocsin_data_dir))
    monkeypatch.chdir(desk.settings.tocsin_data_dir)
    monkeypatch.setattr("sys.stdin", io.StringIO("prendre R01\nfait R99\n\nfin\nprendre R06\n"))

    assert run(["act", f"EX-{FIRST}", "--as", "claire"]) == 3

    told = capsys.readouterr()
    assert told.out.count("EXERCICE — Rançongiciel — Écrans") == 2
    assert "R01" in told.out
    assert "Étape inconnue" in told.err
    assert "/crise" not in told.err
    taken = [fact for fact, _ in desk.service.facts(f"EX-{FIRST}") if isinstance(fact, StepTaken)]
    assert len(taken) == 1


def test_a_terminal_obeys_nothing_that_was_typed() -> None:
    """Escape sequences and direction marks of a text never reach the terminal."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "a\x1b[31m\u202eb &lt;c&gt;"}}]

    assert plain(blocks, {}) == "a[31mb <c>"
