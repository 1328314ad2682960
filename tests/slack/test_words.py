"""Every word typed by a person in a real night: what it records, what it shows, to whom."""

from collections.abc import Callable

from bot.core.absence import HolderAway, HolderBack
from bot.core.adhoc import StepAdded, StepEntrusted, StepSplit
from bot.core.audit import VerificationMade
from bot.core.duties import DutyReopened, DutySettled, OpinionGiven
from bot.core.evidence import AnswerRated, ExportMade, QuestionAsked
from bot.core.handover import HandoverProposed
from bot.core.hospital import CounterSet, StateTold, UltimatumLifted, UltimatumRecorded
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import CrisisClosed, CrisisReopened, LevelChanged
from bot.core.people import RoleGiven, RoleReleased
from bot.core.steps import (
    QuestionAnswered,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from bot.grammar import WORDS
from tests.service.numbers import FIRST
from tests.slack.conftest import Night
from tests.slack.conftest import words as told_in

#: In the order in which a night could go: line, fact, and a look at what it holds.
RECORDED: tuple[tuple[str, type, Callable[..., bool]], ...] = (
    ("rôle rssi", RoleGiven, lambda f: (f.role, f.to.id) == ("rssi", "U02BRUNO")),
    ("Role DPO @diane", RoleGiven, lambda f: (f.role, f.to.name) == ("dpo", "Diane Fictive")),
    ("rôle quitter rssi", RoleReleased, lambda f: f.person.id == "U02BRUNO"),
    ("prendre R01", StepTaken, lambda f: f.step == "prendre-appel"),
    ("fait r1 appel de 3h10 noté", StepCompleted, lambda f: f.evidence == "appel de 3h10 noté"),
    ("refaire R01 mauvaise heure", StepReopened, lambda f: f.reason == "mauvaise heure"),
    ("fait R01", StepCompleted, lambda f: f.evidence == ""),
    (
        "fait R02 rancongiciel confirmé : note de rançon vue",
        StepCompleted,
        lambda f: (f.outcome, f.evidence) == ("Rançongiciel confirmé", "note de rançon vue"),
    ),
    ("confier R05 @eva", StepAssigned, lambda f: f.to.id == "U07EVA"),
    ("confier R06 dehors Sté A & B : le lien 2", StepEntrusted, lambda f: f.to == "Sté A & B"),
    ("étape ajouter Louer des talkies ; 2 h", StepAdded, lambda f: f.due is not None),
    ("étape découper R07 : Nord ; Sud", StepSplit, lambda f: len(f.parts) == 2),
    ("état urgences dégradé selon la cadre", StateTold, lambda f: f.said_by == "la cadre"),
    ("compteur transferts +3", CounterSet, lambda f: f.value == 3),
    ("ultimatum dans 48 h : payer", UltimatumRecorded, lambda f: f.text == "payer"),
    ("ultimatum levé sans suite", UltimatumLifted, lambda f: f.text == "sans suite"),
    ("bloquer R05 clé du local introuvable", StepBlocked, lambda f: "clé" in f.reason),
    ("ECARTER R31 sans objet cette nuit", StepSkipped, lambda f: f.step == "pas-de-paiement"),
    ("réponse soins-touches OUI", QuestionAnswered, lambda f: f.answer == "oui"),
    ("constat t_dp maintenant écran vu", InstantRecorded, lambda f: f.evidence == "écran vu"),
    ("décision Couper Internet", DecisionTaken, lambda f: f.text == "Couper Internet"),
    ("note: R&D touchée <salle 3>", NoteAdded, lambda f: f.text == "R&D touchée <salle 3>"),
    ("note vu avec @bruno.t", NoteAdded, lambda f: f.text == "vu avec @Bruno Modèle"),
    ("papier P-001 03:10 Appel du SAMU", NoteAdded, lambda f: "Feuille P-001" in f.text),
    ("corriger n°3 c'était 3 h 12", LineCorrected, lambda f: f.of == 3),
    ("niveau 2 des unités passent au papier", LevelChanged, lambda f: f.level == "2"),
    ("opinion cnil-initiale À notifier.", OpinionGiven, lambda f: f.text == "À notifier."),
    (
        "issue cnil-initiale non due aucune donnée personnelle",
        DutySettled,
        lambda f: (f.settlement, f.proof) == ("not_due", "aucune donnée personnelle"),
    ),
    (
        "reprendre cnil-initiale dossier patient touché",
        DutyReopened,
        lambda f: "dossier" in f.reason,
    ),
    ("question faut-il éteindre les postes ?", QuestionAsked, lambda f: f.sources != ()),
    ("avis {asked} faux : rien sur les tablettes", AnswerRated, lambda f: "tablettes" in f.text),
    ("vérifier", VerificationMade, lambda f: f.sound),
    ("exporter", ExportMade, lambda f: f.format == "zip"),
    ("absent @diane", HolderAway, lambda f: f.person.id == "U03DIANE"),
    ("présent @diane", HolderBack, lambda f: f.person.name == "Diane Fictive"),
    ("relève @eva", HandoverProposed, lambda f: "dsi" in f.roles and f.to.id == "U07EVA"),
    ("clore reprise sur papier", CrisisClosed, lambda f: f.reason == "reprise sur papier"),
    ("rouvrir l'attaquant est revenu", CrisisReopened, lambda f: "revenu" in f.reason),
)
SHOWN = {
    "aide": "Ce que je comprends",
    "étapes": "R05",
    "étape": "R05",
    "état": "Annuaire et comptes",
    "échéances": "Ne courent pas",
    "point": "Point de situation",
    "relève": "Feuille de relève",
    "rôle": "Sans titulaire",
    "rôles": "Sans titulaire",
    "journal": f"Main courante {FIRST}",
    "playbook": "Playbook suivi",
}
FORMS = {
    "papier": "paper",
    "déclarer": "declare",
    "constat": "instant",
    "décision": "note",
    "note": "note",
    "étape ajouter": "etape:ajouter",
    "compteur": "etat:counter",
    "ultimatum": "etat:ultimatum",
}


async def test_every_word_that_records_is_recorded_and_told(learned: Night) -> None:
    """Each line becomes one entry of its kind, by the one who typed it, told with its number."""
    night = learned
    await night.opened()
    for line, kind, holds in RECORDED:
        before = night.crisis.seq
        asked = str(max(night.crisis.questions, default=0))
        answer = await night.say("bruno.t", line.replace("{asked}", asked))
        # Checkpoints and their receipts come in between.
        fact, stamp = [one for one in night.facts(before) if one[1].actor.id == "U02BRUNO"][-1]
        assert isinstance(fact, kind), (line, answer)
        assert holds(fact), (line, fact)
        assert stamp.actor.name == "Bruno Modèle", line
        if kind is ExportMade:
            assert f"main-courante-{FIRST}.zip" in answer
        elif kind not in (QuestionAsked, VerificationMade):
            assert f"ligne {stamp.seq} de la main courante" in answer, (line, answer)
    files = [
        one["name"] for message in night.double.messages(night.channel) for one in message.files
    ]
    assert files == [f"main-courante-{FIRST}.zip"]


async def test_words_that_show_or_open_something(night: Night) -> None:
    """What only shows is shown to that person alone; bare words open their form."""
    channel = await night.opened()
    await night.double.calm(0.2)
    posts, count = len(night.double.posts(channel)), night.count
    for word, words in SHOWN.items():
        assert words in await night.say("diane", word), word
    for word, form in FORMS.items():
        assert await night.say("diane", word) == ""
        await night.double.wait(lambda double: double.view("diane") is not None)
        view = night.double.view("diane")
        assert view is not None
        assert view["callback_id"] == form, word
        await night.double.close_view("diane")
    assert (len(night.double.posts(channel)), night.count) == (posts, count)


def test_every_word_is_parsed_or_shown() -> None:
    """No word of the table is left without an effect, and these tests play them all."""
    played = {line.split()[0].rstrip(":").casefold() for line, _, _ in RECORDED}
    played |= {"document", "champ", "exercice", "rôle", "écarter", "audit", "effacer", "retard"}
    played |= {"retex"}
    played |= {*SHOWN, *FORMS}
    assert set(WORDS) - played == set()


async def test_help_lists_every_word(night: Night) -> None:
    """The whole help names every word of the table, in words that are readable as they stand."""
    answer = await night.say("hugo", "aide tout", "general")
    for word in WORDS.values():
        assert f"`/crise {word.usage}`".replace("<", "&lt;").replace(">", "&gt;") in answer


async def test_the_help_is_short_and_says_where_the_rest_is(night: Night) -> None:
    """A telephone shows the words of a first night at once; one word can be asked for alone."""
    short = await night.say("hugo", "aide", "general")
    assert "« Je prends »" in short.replace("\u00a0", " ")
    assert "`/crise aide tout`" in short
    assert "`/crise effacer" not in short
    one = await night.say("hugo", "aide fait", "general")
    assert "Terminer une étape." in one
    assert "`/crise fait &lt;étape&gt; [issue] [preuve]`" in one
    assert "/crise décision" not in one


REFUSED = (
    ("nete le serveur est tombé", "« /crise note le serveur est tombé »"),
    ("decison", "« /crise décision »"),
    ("zzz", "« /crise aide »"),
    ("prendre", "Il manque l'étape"),
    ("prendre R99", "Étape inconnue"),
    ("confier R05 bruno", "@prénom"),
    ("rôle plombier", "Rôle inconnu"),
    ("rôle quitter", "Il manque le rôle"),
    ("écarter R05", "Il manque la raison"),
    ("bloquer R05", "Il manque la raison"),
    ("fait R05", "À finir d'abord"),
    ("refaire R05", "rien à rouvrir"),
    ("réponse soins-touches", "Indiquez la question et la réponse"),
    ("réponse soins-touches peut-être", "Réponses possibles"),
    ("réponse inexistante oui", "Question inconnue"),
    ("constat t_zz maintenant", "Instants : t_alert"),
    ("constat t_dp hier", "Indiquez l'heure"),
    ("constat t_dp bientôt", "Indiquez l'heure"),
    ("note 31/02 10:00 chute", "Cette date n'existe pas"),
    ("note 27:80 chute", "n'existe pas"),
    ("corriger x y", "corriger 12"),
    ("corriger 999 y", "n'existe pas"),
    ("avis 1 utile", "n'est pas une question"),
    ("avis x y", "« avis 12 faux <raison> »"),
    (f"corriger {'9' * 5000} y", "corriger 12"),
    ("niveau", "« 3 · Majeur »"),
    ("niveau 9", "Niveau inconnu"),
    ("issue cnil-initiale", "Précisez l'issue"),
    ("issue cnil-initiale envoyée", "Il manque la preuve"),
    ("issue zzz envoyée x", "Obligation inconnue"),
    ("reprendre cnil-initiale x", "pas encore d'issue"),
    ("rouvrir maintenant", "n'est pas close"),
    ("étape", "R05"),
    ("étape détruire R05", "« étape ajouter"),
    ("étape découper R05 : une", "de 2 à 8"),
    ("état urgences", "« état urgences dégradé »"),
    ("état urgences isolé", "« en mode dégradé », « à l'arrêt », « en mode normal »"),
    ("compteur transferts", "« compteur transferts +3 »"),
    ("compteur chambre 12 +1", "sans nommer personne"),
    ("ultimatum bientôt", "l'échéance"),
    ("ultimatum levé", "rien à lever"),
    ("clore", "Des obligations restent sans issue"),
)


async def test_refusals_are_private_sentences_and_nothing_is_recorded(night: Night) -> None:
    """What cannot be done is told to that person alone, with what to do; nothing else changes."""
    channel = await night.opened()
    await night.double.calm(0.2)
    count, posts = night.count, len(night.double.posts(channel))
    for line, words in REFUSED:
        answer = await night.say("diane", line)
        assert words in answer.replace("&lt;", "<").replace("&gt;", ">"), (line, answer)
    assert (night.count, len(night.double.posts(channel))) == (count, posts)


async def test_who_is_in_the_wrong_channel_is_shown_the_way(night: Night) -> None:
    """While a crisis runs, its people are sent there and warned before they declare another."""
    channel = await night.opened(title="Rançon <b>")
    answer = await night.say("diane", "point", "general")
    assert f"Allez dans <#{channel}>" in answer
    assert "déclarer" not in answer
    night.double.world.add_user("zoe", id="U98ZOE")
    night.double.channel("general").members.append("U98ZOE")
    assert "« /crise déclarer »" in await night.say("zoe", "point", "general")

    await night.double.command("diane", "general", "/crise", "déclarer")
    await night.double.wait(lambda double: double.view("diane") is not None)
    form = told_in(night.double.view("diane"))
    assert "Une crise est déjà ouverte" in form
    assert f"« Rançon &lt;b&gt; », <#{channel}>" in form
    await night.double.command("zoe", "general", "/crise", "déclarer")
    await night.double.wait(lambda double: double.view("zoe") is not None)
    other = told_in(night.double.view("zoe"))
    assert night.crisis.id in other
    assert "Rançon &lt;" not in other


async def test_words_of_a_crisis_are_refused_elsewhere(night: Night) -> None:
    """Outside the channel of a crisis, the words that need one say how to open one."""
    for word in WORDS.values():
        if not word.anywhere:
            answer = await night.say("diane", f"{word.name} x", "general")
            assert "s'emploie dans le canal d'une crise" in answer, word.name
