"""The notice of a bundle: what it holds, how to check it, what that proves and does not."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.core.french import typography
from bot.exports.gleaning import Gleaning
from bot.exports.jsonl import CrisisSummary, Progress
from bot.exports.text import one_line
from bot.journal.canonical import clean
from bot.journal.copies import CERTIFICATES, KEYS, NOTES, PIECES, TOKENS
from bot.journal.remarks import apart
from bot.journal.verify import JOURNAL, MANIFEST, README, VIEWS

_NOTICE: Final = """\
{mark}MAIN COURANTE — {title}
{establishment}
Lignes : {entries}
Empreinte de la dernière ligne (SHA-256) : {head}
Point de contrôle : {entries}:{head}
{key}{missing}
CE QUE CONTIENT CE LOT

{contents}

VÉRIFIER

1. Avec tocsin, sur le lot entier :
       tocsin verify NOM-DU-LOT.zip
2. Sans tocsin, dans le dossier du lot décompressé :
       python3 verifier.py
   ou, moins complet :
       bash verifier.sh
   Pour les seules empreintes des fichiers :
       sha256sum -c manifest.sha256
   Ces vérificateurs voyagent avec le lot : en cas de doute, prenez-les ailleurs.
3. Apportez ce que vous avez gardé d'ailleurs pendant la crise (courriel, papier, message) : un
   point de contrôle par « --checkpoint FICHIER », la clé publique par « --key CLE ».
   S'ils diffèrent de ce lot, conservez tout et prévenez le RSSI.

COMMENT LE JOURNAL EST SCELLÉ (FORMAT 1)

Chaque ligne est un objet JSON à quatre champs : entry, body, salt et sig.
Le JSON est sous forme canonique (RFC 8785) : clés triées, aucune espace, UTF-8.
- entry.seq : numéro, à partir de 1, sans trou.
- entry.prev : SHA-256 de l'objet entry précédent ; 64 zéros pour le premier.
- entry.body : SHA-256 des 32 octets de salt suivis de l'objet body.
- entry.record_time : heure d'enregistrement, jamais décroissante.
- entry.event_time : heure déclarée du fait ; elle peut être antérieure.
- sig : signature Ed25519 de « tocsin-entry-v1 », saut de ligne, SHA-256 de entry.
- body et salt à null : ligne effacée ; une ligne « lines_erased » plus bas la nomme.
- « checkpoint_sealed » : note signée sur tout ce qui précède (lignes, dernière empreinte).
- « anchor_received » : reçu d'un dépôt extérieur ; un jeton RFC 3161 porte sur la note.
- « key_rotated » : changement de clé, signé par la précédente, sauf si elle est perdue.
{clocks}
CE QUE LA VÉRIFICATION PROUVE

- Aucune ligne, avant la dernière, n'a été modifiée, retirée, ajoutée ou déplacée.
- Chaque contenu est celui auquel sa ligne s'était engagée, ou une ligne dit qui l'a effacé.
- Les points de contrôle du journal disent vrai et portent la signature de sa clé.
- Avec un horodatage et les certificats de son autorité : ces lignes existaient à cette heure.

CE QU'ELLE NE PROUVE PAS

- Que rien n'a été retiré à la fin, ni la dernière ligne changée : il faut un point de
  contrôle noté à l'extérieur.
- Que le journal n'a pas été réécrit en entier, avant ce point, par qui tenait la machine.
- Que tout a été noté, ni que ce qui est noté est exact.
{mark}"""

_EXERCISE: Final = "*** EXERCICE — EXERCICE — EXERCICE ***\n"
_MISSING: Final = """
CE QUE LE JOURNAL SAIT NE PAS AVOIR

{missing}
"""
_KEY: Final = """
Clé publique\u00a0: {key}
Comparez-la avec celle notée ailleurs pendant la crise\u00a0: dans ce lot, elle ne prouve rien.
"""


def notice(
    summary: CrisisSummary,
    progress: Progress,
    gleaned: Gleaning,
    *,
    views: Sequence[str] = (),
    pieces: int = 0,
) -> str:
    """The notice, marked at both ends when this was an exercise."""
    title, establishment = (
        " ".join(clean(text).split())
        for text in (summary["title"], summary.get("establishment", ""))
    )
    spans = gleaned.keys.spans
    return typography(_NOTICE).format(
        mark=_EXERCISE if summary["exercise"] else "",
        title=title,
        establishment=f"{establishment}\n" if establishment else "",
        entries=progress.entries,
        head=progress.head,
        key=_KEY.format(key=one_line(spans[-1].key)) if spans else "",
        missing=_MISSING.format(missing=missing) if (missing := summary.get("missing")) else "",
        contents="\n".join(f"{name:20} {what}" for name, what in _contents(gleaned, views, pieces)),
        clocks="".join(f"\n{said}\n" for said in apart(gleaned.lag)),
    )


def _contents(gleaned: Gleaning, views: Sequence[str], pieces: int) -> Iterator[tuple[str, str]]:
    """The files of the bundle, each with what it is."""
    yield JOURNAL, "la main courante, une ligne par entrée\u00a0: c'est la preuve"
    if gleaned.notes:
        yield NOTES, "les points de contrôle signés, copiés du journal"
    if gleaned.tokens:
        yield TOKENS, "les horodatages d'une autorité extérieure, copiés du journal"
    if gleaned.tokens and gleaned.certificates:
        yield CERTIFICATES, "ceux de cette autorité, selon nos réglages\u00a0: comparez-les"
    if gleaned.keys.spans:
        yield KEYS, "les clés publiques, dans l'ordre de leur usage"
    if pieces:
        yield PIECES, "les fichiers déposés dans le canal, chacun sous son empreinte"
    if views:
        yield VIEWS, "le même journal, à lire\u00a0: ce sont des vues, pas la preuve"
    yield MANIFEST, "l'empreinte des autres fichiers"
    yield README, "ce fichier"
    yield "A-LIRE.html", "ce que la vérification prouve ou non, expliqué sans technique"
    yield "verifier.py", "un vérificateur\u00a0: Python 3 seul"
    yield "verifier.sh", "un autre\u00a0: bash et sha256sum, et openssl pour les signatures"
