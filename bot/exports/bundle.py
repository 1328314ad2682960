"""The bundle: journal, manifest and notice in one zip that anybody can check without us.

The same entries and summary give the same bytes, whenever and wherever they are written (with the
same zlib): dates inside the zip are fixed, and the output is written straight through, never read
back or sought in.  The verifiers of ``kit`` go with it, as they stand.

When views are asked for they lie in a folder of their own, listed in the manifest, and stop at the
entry where the journal stops.  The entries are then read once more for each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from stat import S_IFREG
from typing import BinaryIO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress, journal_lines
from bot.exports.output import Straight
from bot.exports.views import VIEWS
from bot.journal.canonical import clean
from bot.journal.entry import Entry
from bot.journal.verify import JOURNAL, KIT, MANIFEST, README

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can say."""
_UNIX: Final = 3
_MODE: Final = (S_IFREG | 0o644) << 16
FOLDER: Final = "vues/"
"""Where the views lie in a bundle."""
_KIT: Final = Path(__file__).parent / "kit"
"""Where what helps to check a bundle lies; it is read by auditors, so nothing is filled in."""

_NOTICE: Final = """\
{mark}MAIN COURANTE — {title}
{establishment}
Lignes\u00a0: {entries}
Empreinte de la dernière ligne (SHA-256)\u00a0: {head}
Point de contrôle\u00a0: {entries}:{head}

CE QUE CONTIENT CE LOT

journal.jsonl     la main courante, une ligne par entrée\u00a0: c'est la preuve
manifest.sha256   l'empreinte des autres fichiers
LISEZMOI.txt      ce fichier
A-LIRE.html       ce que la vérification prouve ou non, expliqué sans technique
verifier.py       un vérificateur\u00a0: Python 3 seul
verifier.sh       un autre\u00a0: bash et sha256sum seuls
{views}
VÉRIFIER

1. Avec tocsin, sur le lot entier\u00a0:
       tocsin verify NOM-DU-LOT.zip
2. Sans tocsin, dans le dossier du lot décompressé\u00a0:
       python3 verifier.py
   ou, plus lent et moins complet\u00a0:
       bash verifier.sh
   Pour les seules empreintes des fichiers\u00a0:
       sha256sum -c manifest.sha256
   Ces vérificateurs voyagent avec le lot\u00a0: en cas de doute, prenez-les ailleurs.
3. Comparez le point de contrôle ci-dessus avec celui noté à l'extérieur pendant la crise
   (courriel, papier, message). S'ils diffèrent, conservez tout et prévenez le RSSI.

COMMENT LE JOURNAL EST SCELLÉ (FORMAT 1)

Chaque ligne est un objet JSON à quatre champs\u00a0: entry, body, salt et sig.
Le JSON est sous forme canonique (RFC 8785)\u00a0: clés triées, aucune espace, UTF-8.
- entry.seq\u00a0: numéro, à partir de 1, sans trou.
- entry.prev\u00a0: SHA-256 de l'objet entry précédent\u00a0; 64 zéros pour le premier.
- entry.body\u00a0: SHA-256 des 32 octets de salt suivis de l'objet body.
- entry.record_time\u00a0: heure d'enregistrement, jamais décroissante.
- entry.event_time\u00a0: heure déclarée du fait\u00a0; elle peut être antérieure.

CE QUE LA VÉRIFICATION PROUVE

- Aucune ligne, avant la dernière, n'a été modifiée, retirée, ajoutée ou déplacée.
- Chaque contenu est celui auquel sa ligne s'était engagée.

CE QU'ELLE NE PROUVE PAS

- Que rien n'a été retiré à la fin, ni la dernière ligne changée\u00a0: il faut un point de
  contrôle noté à l'extérieur.
- Que le journal n'a pas été réécrit en entier, avant ce point, par qui tenait la machine.
- Que tout a été noté, ni que ce qui est noté est exact.
{mark}"""

_EXERCISE: Final = "*** EXERCICE — EXERCICE — EXERCICE ***\n"


_VIEWS: Final = """\
vues/             le même journal, à lire\u00a0: ce sont des vues, pas la preuve
"""


@dataclass(frozen=True, slots=True)
class Again:
    """Entries that can be read again: each reading calls the function."""

    read: Callable[[], Iterable[Entry]]

    def __iter__(self) -> Iterator[Entry]:
        """A new reading."""
        return iter(self.read())


def bundle(
    entries: Iterable[Entry],
    output: BinaryIO,
    crisis_summary: CrisisSummary,
    views: Sequence[str] = (),
) -> BundleInfo:
    """Write the zip; the output is only written to.

    ``views`` names formats of ``VIEWS``; with any, ``entries`` is something to read again, a list
    or ``Again``, and not a reading that is used up.
    """
    if views and isinstance(entries, Iterator):
        raise TypeError("views are further readings of the entries: pass a list or Again")
    straight = Straight(output)
    progress = Progress()
    hashes = {}
    with ZipFile(straight, "w") as archive:
        total = sha256()
        with archive.open(_member(JOURNAL), "w") as journal:
            for line in journal_lines(entries, progress):
                total.update(line)
                journal.write(line)
        hashes[JOURNAL] = total.hexdigest()
        notice = _notice(crisis_summary, progress, _VIEWS if views else "").encode()
        archive.writestr(_member(README), notice)
        hashes[README] = sha256(notice).hexdigest()
        for name in KIT:
            content = _KIT.joinpath(name).read_bytes()
            archive.writestr(_member(name), content)
            hashes[name] = sha256(content).hexdigest()
        for view in map(VIEWS.__getitem__, views):
            name = FOLDER + view.file
            with archive.open(_member(name), "w") as file:
                same = islice(entries, progress.entries)
                hashes[name] = view.write(same, cast(BinaryIO, file), crisis_summary).sha256
        manifest = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
        archive.writestr(_member(MANIFEST), manifest.encode("ascii"))
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _member(name: str) -> ZipInfo:
    """A file of the zip with nothing in it that changes from one day or machine to the next."""
    member = ZipInfo(name, _DATE)
    member.compress_type = ZIP_DEFLATED
    member.create_system = _UNIX
    member.external_attr = _MODE
    return member


def _notice(summary: CrisisSummary, progress: Progress, views: str) -> str:
    """The notice, marked at both ends when this was an exercise."""
    title, establishment = (
        " ".join(clean(text).split())
        for text in (summary["title"], summary.get("establishment", ""))
    )
    return _NOTICE.format(
        mark=_EXERCISE if summary["exercise"] else "",
        title=title,
        establishment=f"{establishment}\n" if establishment else "",
        entries=progress.entries,
        head=progress.head,
        views=views,
    )
