"""The table of words: how each is typed, what it does, how it becomes a command."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.crisis import Command
from bot.grammar import parsers, spot
from bot.grammar.named import Context, fold

Parser = Callable[[str, Context], Command]
_TAKES_A_TEXT = ("déclarer", "exporter")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the language: how it is typed, what it does, how it becomes a command."""

    name: str
    usage: str
    help: str
    parse: Parser | None = None
    aliases: tuple[str, ...] = ()
    anywhere: bool = False
    """Whether it makes sense outside a crisis channel."""
    form: bool = False
    """Whether the bare word opens a form (or a list) instead of asking for what is missing."""
    opens: tuple[str, ...] = ()
    """What may follow, folded, and still only opens the form."""
    people: bool = False
    """Whether what follows names a person: the mention is then kept as Slack writes it."""
    listed: bool = True
    """Whether the help shows it first: words that mostly come from buttons come second."""
    tonight: str = ""
    """A line that somebody could type tonight; the short help is made of these."""

    @property
    def shows(self) -> bool:
        """Whether it only shows something, and so takes nothing after it."""
        bare = self.name in (self.usage, "aide")
        return self.parse is None and bare and self.name not in _TAKES_A_TEXT


def lookup(name: str) -> Word | None:
    """The word of that name or alias, accents and case aside."""
    return _BY_NAME.get(fold(name))


WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        Word(
            "déclarer",
            "déclarer",
            "Ouvrir une crise ou un exercice.",
            tonight="déclarer écrans de rançon aux urgences",
            aliases=("declarer", "ouvrir", "alerte", "nouvelle"),
            anywhere=True,
        ),
        Word(
            "exercice",
            "exercice [scénario] | exercice <geste>",
            "Jouer un scénario d'exercice, puis le conduire.",
            aliases=("exercices", "simulation", "entrainement"),
            anywhere=True,
        ),
        Word(
            "aide",
            "aide [mot|tout]",
            "Voir les mots que je comprends, ou comment s'emploie l'un d'eux.",
            aliases=("help", "?", "bonjour", "salut"),
            anywhere=True,
        ),
        Word(
            "étapes",
            "étapes",
            "Voir ce qu'il reste à faire.",
            aliases=("taches",),
            tonight="étapes",
        ),
        Word(
            "étape",
            "étape ajouter <titre> [; rôle] [; délai] | étape découper <étape> : <a> ; <b>",
            "Ajouter une étape au plan, ou en découper une.",
            spot.step,
            form=True,
            opens=("ajouter",),
        ),
        Word(
            "état",
            "état [<site, unité ou application> <état> [heure] [qui le dit]]",
            "Voir et dire l'état de l'hôpital.",
            spot.state,
            aliases=("hopital", "etats"),
            form=True,
        ),
        Word(
            "compteur",
            "compteur <nom> <total>|+<nombre>",
            "Compter : transferts, reports… Des nombres, jamais un nom.",
            spot.counter,
            aliases=("compter",),
            form=True,
            listed=False,
        ),
        Word(
            "ultimatum",
            "ultimatum <échéance> <ce qui est exigé> | ultimatum levé <raison>",
            "Suivre l'échéance que fixent les attaquants.",
            spot.ultimatum,
            form=True,
            listed=False,
        ),
        Word(
            "échéances",
            "échéances",
            "Voir les délais légaux et ce qu'il en reste.",
            tonight="échéances",
            aliases=("delais", "obligations", "delai"),
        ),
        Word(
            "point",
            "point",
            "Lire le point de situation.",
            aliases=("situation", "resume"),
            tonight="point",
        ),
        Word(
            "rôle",
            "rôle <rôle> [@personne] | rôle quitter <rôle>",
            "Tenir un rôle, le confier ou le quitter.",
            parsers.role,
            form=True,
            people=True,
        ),
        Word(
            "rôles",
            "rôles",
            "Voir qui tient quel rôle.",
            aliases=("qui",),
            tonight="rôles",
        ),
        Word(
            "relève",
            "relève [@personne] | relève prendre|annuler <numéro>",
            "Lire la feuille de relève, ou passer la main : l'autre personne confirme.",
            parsers.handover,
            tonight="relève",
            aliases=("releve", "consignes", "passation"),
            form=True,
            people=True,
        ),
        Word(
            "absent",
            "absent [@personne]",
            "Signaler une absence : la suppléance est appelée.",
            parsers.away,
            aliases=("absence", "injoignable"),
            people=True,
            listed=False,
        ),
        Word(
            "présent",
            "présent [@personne]",
            "Signaler un retour.",
            parsers.back,
            aliases=("retour",),
            people=True,
            listed=False,
        ),
        Word(
            "constat",
            "constat <instant> <heure> [preuve]",
            "Dater un instant juridique : il lance les délais.",
            parsers.instant,
            aliases=("instant",),
            form=True,
        ),
        Word(
            "décision",
            "décision [heure] <texte>",
            "Consigner une décision.",
            parsers.decision,
            tonight="décision on coupe Internet",
            aliases=("decider", "decide"),
            form=True,
        ),
        Word(
            "note",
            "note [heure] <texte>",
            "Consigner un fait.",
            parsers.note,
            tonight="note 03:10 le laboratoire appelle",
            aliases=("noter",),
            form=True,
        ),
        Word(
            "papier",
            "papier <numéro> <heure> <texte>",
            "Saisir des lignes de papier, chacune à son heure.",
            parsers.paper,
            aliases=("feuille",),
            form=True,
            listed=False,
        ),
        Word(
            "corriger",
            "corriger <numéro> <texte>",
            "Corriger une ligne ; l'ancienne reste lisible.",
            parsers.correct,
            aliases=("correction",),
        ),
        Word(
            "question",
            "question <votre question>",
            "Interroger les playbooks et les retours d'expérience.",
            tonight="question faut-il éteindre les PC ?",
            aliases=("chercher", "demander"),
            anywhere=True,
            form=True,
        ),
        Word(
            "document",
            "document [nom] [préparer|recevoir]",
            "Préparer un document, rempli avec ce que la main courante sait.",
            tonight="document",
            aliases=("documents", "courrier", "projet"),
            form=True,
        ),
        Word(
            "champ",
            "champ <champ> <valeur>",
            "Répondre à ce que demande un document ; « inconnu » si personne ne sait.",
            aliases=("renseigner",),
            listed=False,
        ),
        Word(
            "avis",
            "avis <ligne de la question> utile|faux [raison]",
            "Dire si une réponse vous a servi.",
            parsers.rating,
            listed=False,
        ),
        Word(
            "playbook",
            "playbook [modifier]",
            "Voir la version suivie, en adopter une plus récente ; la modifier, pour ses auteurs.",
            aliases=("playbooks", "version", "versions", "plan"),
            anywhere=True,
        ),
        Word(
            "retex",
            "retex [verser]",
            "Recevoir en privé le brouillon du retour d'expérience ; verser le fichier relu.",
            aliases=("bilan", "retour-d-experience"),
            listed=False,
        ),
        Word(
            "journal",
            "journal [ligne]",
            "Lire les dernières lignes, ou une ligne en entier et celles qui suivent.",
            aliases=("main-courante", "log"),
        ),
        Word(
            "exporter",
            "exporter [en privé]",
            "Recevoir la main courante.",
            aliases=("export",),
        ),
        Word(
            "effacer",
            "effacer <lignes>",
            "Effacer un texte saisi par erreur, à deux personnes habilitées.",
            aliases=("effacement", "supprimer"),
            listed=False,
        ),
        Word(
            "vérifier",
            "vérifier",
            "Vérifier que rien n'a changé dans la main courante.",
            aliases=("verification", "controler"),
        ),
        Word(
            "audit",
            "audit",
            "Auditeurs : lister les crises ; puis « journal », « exporter » ou « vérifier » et un "
            "numéro.",
            anywhere=True,
            listed=False,
        ),
        Word(
            "clore",
            "clore [raison]",
            "Clore la crise.",
            parsers.close,
            aliases=("fermer", "cloturer"),
        ),
        Word(
            "rouvrir", "rouvrir <raison>", "Rouvrir une crise close.", parsers.reopen, listed=False
        ),
        Word("niveau", "niveau <niveau> [raison]", "Changer le niveau de gravité.", parsers.level),
        Word("prendre", "prendre <étape>", "Prendre une étape.", parsers.take, listed=False),
        Word(
            "fait",
            "fait <étape> [issue] [preuve]",
            "Terminer une étape.",
            parsers.complete,
            aliases=("terminer", "fini"),
            listed=False,
        ),
        Word(
            "écarter",
            "écarter <étape> <raison>",
            "Déclarer une étape non applicable.",
            parsers.skip,
            listed=False,
        ),
        Word(
            "bloquer",
            "bloquer <étape> <raison>",
            "Dire qu'une étape est bloquée.",
            parsers.block,
            listed=False,
        ),
        Word(
            "confier",
            "confier <étape> @personne | confier <étape> dehors <qui> : <demande>",
            "Confier une étape, dans la cellule ou hors d'elle.",
            spot.assign,
            people=True,
            listed=False,
        ),
        Word(
            "refaire",
            "refaire <étape> [raison]",
            "Remettre une étape à faire.",
            parsers.reopen_step,
            listed=False,
        ),
        Word(
            "réponse",
            "réponse <question> <réponse>",
            "Répondre à une question du playbook.",
            parsers.answer,
            aliases=("repondre",),
            listed=False,
        ),
        Word(
            "issue",
            "issue <obligation> envoyée|non-due|remplacée <preuve>",
            "Donner l'issue d'une obligation.",
            parsers.settle,
            listed=False,
        ),
        Word(
            "opinion",
            "opinion <obligation> <avis>",
            "Consigner l'avis de qui conseille, à part de la décision.",
            parsers.opinion,
            aliases=("conseil",),
            listed=False,
        ),
        Word(
            "retard",
            "retard <obligation> <raisons>",
            "Dire pourquoi une obligation est en retard.",
            parsers.late,
            aliases=("motif", "motifs"),
            listed=False,
        ),
        Word(
            "reprendre",
            "reprendre <obligation> <raison>",
            "Revenir sur l'issue d'une obligation.",
            parsers.reopen_duty,
            listed=False,
        ),
    )
}

_BY_NAME: dict[str, Word] = {
    fold(name): word for word in WORDS.values() for name in (word.name, *word.aliases)
}


def near(name: str, cutoff: float) -> Word | None:
    """The word whose name or alias is most like this one, from ``cutoff`` (0 to 1) on."""
    found = difflib.get_close_matches(fold(name), list(_BY_NAME), n=1, cutoff=cutoff)
    return _BY_NAME[found[0]] if found else None
