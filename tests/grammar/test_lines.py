"""Lines as people type them, read against a small crisis: commands, slips, questions."""

import pytest

from bot.core.crisis import Command
from bot.core.duties import ReopenDuty, SettleDuty
from bot.core.evidence import RateAnswer
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, CorrectLine, TakeDecision
from bot.core.opening import ChangeLevel, CloseCrisis, ReopenCrisis
from bot.core.people import GiveRole, ReleaseRole
from bot.core.steps import (
    AnswerQuestion,
    AssignStep,
    BlockStep,
    CompleteStep,
    ReopenStep,
    SkipStep,
    TakeStep,
)
from bot.errors import Refused
from bot.grammar import (
    WORDS,
    Context,
    Word,
    fold,
    help_lines,
    is_question,
    line,
    lookup,
    parse,
    tonight_lines,
    word_lines,
)
from tests.core.plans import BRUNO, CLAIRE, MIN, START, H, opened

ROOM = opened()
NAMES = {"U2": "Bruno Fictif"}
CONTEXT = Context(ROOM.crisis, CLAIRE, START, lambda person: NAMES.get(person, ""))


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("prendre constater", TakeStep("constater")),
        ("PRENDRE p1", TakeStep("constater")),
        ("prendre P1 merci", TakeStep("constater")),
        ("fait P1", CompleteStep("constater")),
        ("terminer\u00a0P1\u00a0vu à 3 h", CompleteStep("constater", "vu à 3 h")),
        ("fait P1\nligne 1\nligne 2", CompleteStep("constater", "ligne 1\nligne 2")),
        ("fait P3 signalee : n° 12", CompleteStep("prevenir", "n° 12", "Signalée")),
        ("fait P3 Pas à signaler, rien vu", CompleteStep("prevenir", "rien vu", "Pas à signaler")),
        ("fait P3 signaléement", CompleteStep("prevenir", "signaléement")),
        ("écarter P2 pas de réseau", SkipStep("isoler", "pas de réseau")),
        ("bloquer P2 pas de clé", BlockStep("isoler", "pas de clé")),
        ("refaire P2", ReopenStep("isoler")),
        ("Je prends P1", TakeStep("constater")),
        ("je prend la p1", TakeStep("constater")),
        ("C'est fait P1", CompleteStep("constater")),
        ("c\u2019est fait : P1 vu à 3 h", CompleteStep("constater", "vu à 3 h")),
        ("je confirme l'étape P1", CompleteStep("constater")),
        ("confier P2 <@U2>", AssignStep("isoler", BRUNO)),
        ("confier P2 à <@U2|bruno>", AssignStep("isoler", BRUNO)),
        ("réponse soins Non", AnswerQuestion("soins", "non")),
        ("repondre soins OUI", AnswerQuestion("soins", "oui")),
        ("issue agence envoyée n° 7", SettleDuty("agence", "sent", "n° 7")),
        ("issue AGENCE non-due rien", SettleDuty("agence", "not_due", "rien")),
        ("issue agence non due rien", SettleDuty("agence", "not_due", "rien")),
        ("issue agence remplacée par l'autre", SettleDuty("agence", "replaced", "par l'autre")),
        ("reprendre agence erreur", ReopenDuty("agence", "erreur")),
        ("issue assureur envoyée n° 7", SettleDuty("contrat", "sent", "n° 7")),
        ("note Le serveur B est tombé", AddNote("Le serveur B est tombé")),
        ("Note : texte", AddNote("texte")),
        ("note, texte", AddNote("texte")),
        ("note 02:10 appel reçu", AddNote("appel reçu", START - H)),
        ("note A &amp; B &lt;c&gt;", AddNote("A & B <c>")),
        ("note vu par <@U2>", AddNote("vu par @Bruno Fictif")),
        ("note vu par <@U9|zoe>", AddNote("vu par @zoe")),
        ("note <https://a.example/x|a.example>", AddNote("https://a.example/x")),
        ("note <https://b.example|la CNIL>", AddNote("la CNIL (https://b.example)")),
        ("note 3 postes touchés", AddNote("3 postes touchés")),
        ("De\u0301cision Couper", TakeDecision("Couper")),
        ("decider hier 23:40 couper", TakeDecision("couper", START - 3.5 * H)),
        ("décision à 02:10 couper", TakeDecision("couper", START - H)),
        ("décision décidé à 02:10 : couper", TakeDecision("couper", START - H)),
        ("décision décidé à l'unanimité", TakeDecision("décidé à l'unanimité")),
        ("décision vers 2 h couper", TakeDecision("couper", START - 70 * MIN, "about")),
        ("note heure inconnue : câble vu", AddNote("câble vu", None, "unknown")),
        ("note Heure inconnue câble vu", AddNote("câble vu", None, "unknown")),
        ("note heure inconnue de l'appel", AddNote("heure inconnue de l'appel")),
        ("note constaté hier vers 23:40 lent", AddNote("lent", START - 3.5 * H, "about")),
        ("corriger 3 autre texte", CorrectLine(3, "autre texte")),
        ("corriger n°3 autre", CorrectLine(3, "autre")),
        ("corriger ligne 3 autre", CorrectLine(3, "autre")),
        ("avis 12 utile", RateAnswer(12, True)),
        ("avis n°12 FAUX, c'est l'ARS", RateAnswer(12, False, "c'est l'ARS")),
        ("avis ligne 12 fausse", RateAnswer(12, False)),
        ("niveau 2 ça empire", ChangeLevel("2", "ça empire")),
        ("role dpo", GiveRole("dpo", CLAIRE)),
        ("rôle Delegue a la protection", GiveRole("Delegue a la protection", CLAIRE)),
        ("rôle direction de crise <@U2>", GiveRole("directeur-crise", BRUNO)),
        ("rôle quitter dpo", ReleaseRole("dpo", CLAIRE)),
        ("clore", CloseCrisis()),
        ("fermer tout est réglé", CloseCrisis("tout est réglé")),
        ("rouvrir encore", ReopenCrisis("encore")),
    ],
)
def test_a_line_becomes_its_command(typed: str, command: Command) -> None:
    """Accents, case, spaces and punctuation are people's; the command is exact."""
    assert parse(typed, CONTEXT).command == command


def test_an_instant_is_dated_with_its_precision() -> None:
    """« vers » makes the instant approximate, and its short name is enough."""
    instant = next(one.id for one in ROOM.crisis.plan.obligations.instants)
    short = instant.removeprefix("t_").replace("_", "-")
    command = parse(f"constat {short} vers 02:10 écran vu", CONTEXT).command
    assert command == RecordInstant(instant, START - H, "about", evidence="écran vu")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("notte serveur B tombé", "« /crise note serveur B tombé »"),
        ("Decisoin couper", "« /crise décision couper »"),
        ("prende P1", "« /crise prendre P1 »"),
        ("etap", "« /crise étape »"),
        ("xyzzy", "« /crise aide »"),
        ("prendre isloer", "« isoler »"),
        ("prendre 2", "« P2 »"),
        ("je prend la 2", "« P2 »"),
        ("prendre 77", "« /crise étapes »"),
        ("prendre", "« R05 »"),
        ("qestion faut il payer", "« /crise question faut il payer »"),
        ("issue zzzz envoyée x", "commission (Notifier la commission)"),
        ("issue prev envoyée x", "Obligation inconnue"),
        ("constat zzzz 02:10", "« /crise constat »"),
        ("réponse zzzz oui", "« soins », « rancon »"),
        ("confier P2 bruno", "@prénom"),
        ("confier P2 <@U9>", "inconnue"),
        ("niveau", "Niveaux :"),
        ("avis 12 bof", "« avis 12 utile »"),
        ("rôle quitter", "Il manque le rôle"),
    ],
)
def test_a_slip_gets_the_right_suggestion(typed: str, words: str) -> None:
    """A near miss is answered with the whole line to send, a hole with what fills it."""
    with pytest.raises(Refused) as refused:
        parse(typed, CONTEXT)
    assert words in refused.value.for_people()


@pytest.mark.parametrize(
    ("typed", "asks"),
    [
        ("faut-il éteindre les postes ?", True),
        ("on éteint tout ou on débranche", True),
        ("qui prévient l'ARS ?", True),
        ("délai pour prévenir la CNIL", True),
        ("payer ?", True),
        ("notre serveur est chiffré", True),
        ("faut payer la rançon", True),
        ("", False),
        ("?", False),
        ("aide", False),
        ("point de situation", False),
        ("qui", False),
        ("note faut-il éteindre les postes ?", False),
        ("nete le serveur est tombé", False),
        ("déclarer des écrans de rançon aux urgences", False),
        ("question faut-il payer", False),
        ("zzz", False),
        ("je prend la 2", False),
        ("je prends la suite ou on attend", True),
        ("aide décision", False),
        ("aide moi à relancer le labo", True),
    ],
)
def test_what_reads_as_a_question_is_one(typed: str, asks: bool) -> None:
    """A question needs no word before it; a mistyped note is never taken for a question."""
    assert is_question(typed) is asks


def test_words_are_told_apart_whatever_the_accents() -> None:
    """No two words or aliases read the same once folded, and each finds its own word."""
    names = [(fold(name), word) for word in WORDS.values() for name in (word.name, *word.aliases)]
    kept = dict(names)
    assert all(kept[name] is word for name, word in names)
    assert all(lookup(name.upper()) is word for name, word in names)


def test_an_empty_line_is_a_call_for_help() -> None:
    """``/crise`` alone shows the help."""
    assert parse("", CONTEXT).word is WORDS["aide"]
    assert parse("  ?  ", CONTEXT).word is WORDS["aide"]


def test_the_help_has_every_word_once() -> None:
    """The two halves of the help together are the table."""
    told = [*help_lines(), *help_lines(listed=False)]
    assert sorted(told) == sorted(f"`/crise {one.usage}` : {one.help}" for one in WORDS.values())


def test_the_short_help_is_made_of_lines_that_work() -> None:
    """Each line of it is read by the very grammar that shows it, and few enough to be seen."""
    lines = [one.tonight for one in WORDS.values() if one.tonight]
    assert len(lines) == len(tonight_lines()) <= 12
    for one in lines:
        word, _, rest = one.partition(" ")
        assert lookup(word) is not None
        parsed = parse(one, CONTEXT)
        assert parsed.command is not None or parsed.rest == rest


@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
def test_the_help_of_one_word_says_each_way_to_use_it(word: Word) -> None:
    """What it does, then each form on a line of its own; by an alias as well."""
    told = word_lines(word.name.upper())
    assert told[0] == word.help
    assert all(f"`/crise {one}`" in told for one in word.usage.split(" | "))
    assert all(word_lines(alias) == told for alias in word.aliases)
    assert word_lines("zzz") == []


def test_a_word_suits_the_duty_that_runs() -> None:
    """A beginning that several duties share means the one that has no outcome yet."""
    room = opened()

    def meant(typed: str) -> Command | None:
        return parse(typed, Context(room.crisis, CLAIRE, room.now)).command

    with pytest.raises(Refused, match="plainte"):
        meant("issue prévenir envoyée x")
    room.does(SettleDuty("agence", "sent", "n° 7"))
    assert meant("issue prévenir envoyée x") == SettleDuty("contrat", "sent", "x")
    assert meant("reprendre prévenir x") == ReopenDuty("agence", "x")


def _decide(command: Command | None) -> None:
    assert command is not None
    command.decide(ROOM.crisis, CLAIRE, START)


BARE = [one for one in WORDS.values() if one.parse]


@pytest.mark.parametrize("word", [one for one in BARE if one.form], ids=lambda one: one.name)
def test_a_bare_word_opens_its_form(word: Word) -> None:
    """A word that has a form needs nothing after it."""
    assert parse(word.name, CONTEXT).command is None


@pytest.mark.parametrize(
    "word", [one for one in BARE if not one.form and one.name != "clore"], ids=lambda one: one.name
)
def test_a_bare_word_without_a_form_says_what_is_missing(word: Word) -> None:
    """A word without what it needs is refused, by the line or by the rule, with a sentence."""
    with pytest.raises(Refused) as refused:
        _decide(parse(word.name, CONTEXT).command)
    assert refused.value.for_people().endswith((".", "?", "»."))


def test_a_line_made_for_a_button_is_read_back() -> None:
    """The line that a button carries is one that a person could type."""
    assert parse(line("prendre", "isoler"), CONTEXT).command == TakeStep("isoler")
