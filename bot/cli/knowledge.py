"""``tocsin knowledge``: what who writes the files should mend; who asked is never shown."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.cli.parser import Commands, command, print_json
from bot.core.french import typography

if TYPE_CHECKING:
    from bot.library.corpus import Passage
    from bot.library.faults import Fault
    from bot.library.feedback import Asked, Consultation, Feedback, Use
    from bot.wiring import House

#: Longest of each list on a terminal; the JSON has them whole.
_LISTED = 20
_CONFIDENCES = {"nette": "nettes", "a-verifier": "à vérifier", "aucune": "sans réponse"}
#: Steps and notes are mended before write-ups.
_KINDS = ("playbook", "repere", "incident")


def add(commands: Commands) -> None:
    """What who writes the files asks of the library."""
    purpose = "Suivre ce que la bibliothèque répond mal."
    parser = commands.add_parser("knowledge", help=purpose, description=purpose)
    parser.prog = "tocsin knowledge"
    below = parser.add_subparsers(
        title="commandes", metavar="COMMANDE", dest="report", required=True
    )
    report = "Dire ce qui est mal répondu, mal noté, jamais trouvé ou à revérifier."
    sub = command(below, "report", report, _report)
    sub.prog = "tocsin knowledge report"
    sub.add_argument("--json", action="store_true", help="un seul objet JSON, sans rien couper")


def _report(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from bot.config import load
    from bot.library.editing import edit
    from bot.library.feedback import report
    from bot.library.passages import load_passages
    from bot.wiring import build, clock

    settings = load()
    folders = settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir
    today = clock().date()
    corpus = load_passages(*folders)
    passages = corpus.passages
    # What only some may read stays out of a report that goes round; « check » tells its age.
    reserved = {one.path for one in corpus.reserved}
    old = [one for one in edit(*folders, today) if one.warning and one.path not in reserved]
    house = build(settings)
    real, drills = _consultations(house, passages)
    house.store.close()
    crises, exercises = report(real, passages, today), report(drills, passages, today)
    if options.json:
        parts = {"crises": asdict(crises), "exercices": asdict(exercises)}
        print_json({**parts, "a_reverifier": [asdict(one) for one in old]})
    else:
        print(typography("\n".join(_told(crises, exercises, old, passages))))
    return 0


def _consultations(
    house: "House", passages: "Sequence[Passage]"
) -> "tuple[list[Consultation], list[Consultation]]":
    """What was asked in crises and elsewhere, then in exercises, each in order."""
    from bot.library.feedback import of_journal, of_ratings
    from bot.library.ratings import Ratings

    # A rating given outside a crisis bears no date: what a journal says of a question wins.
    real = of_ratings(Ratings(house.store.engine).all())
    drills: list[Consultation] = []
    for crisis in house.service.crises():
        into = drills if crisis.exercise else real
        into += of_journal(house.service.facts(crisis.id), passages)
    return real, drills


def _told(
    crises: "Feedback",
    exercises: "Feedback",
    old: "Sequence[Fault]",
    passages: "Sequence[Passage]",
) -> Iterator[str]:
    """The whole report, part after part."""
    titles = {one.id: f"{one.heading} ({one.path})" for one in passages}
    yield from _titled("Crises et questions hors crise", _questions(crises, titles))
    if crises.questions:
        yield from _titled("Ce que chaque fichier a servi", _served(crises.uses))
        yield from _titled("Ce que personne ne trouve", _unfound(crises.uses))
    if exercises.questions:
        yield from _titled("Exercices, à part", _questions(exercises, titles))
    yield from _titled("À revérifier (plus de six mois)", _faults(old))


def _titled(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"== {title}"
    yield from lines
    yield ""


def _questions(found: "Feedback", titles: Mapping[str, str]) -> Iterator[str]:
    """How many questions, then those that went wrong, by what went wrong."""
    if not found.questions:
        yield "Aucune question enregistrée."
        return
    counts = (f"{word} : {found.confidences.get(name, 0)}" for name, word in _CONFIDENCES.items())
    yield f"{_many(found.questions, 'question')} ({' ; '.join(counts)})."
    yield f"Avis : {found.useful} « utile », {found.wrong} « pas la bonne réponse »."
    groups = (
        ("Rien trouvé", [_asked(one) for one in found.nothing]),
        ("À vérifier", [_asked(one) for one in found.unsure]),
        ("« Pas la bonne réponse »", [_marked(one, titles) for one in found.marked]),
    )
    for title, rows in groups:
        yield f"\n{title} : {_many(len(rows), 'question')}."
        yield from _cut(rows)


def _asked(one: "Asked") -> str:
    """A question on one line, with how often it was put."""
    from bot.exports.text import one_line

    return f"- {one_line(one.question)}" + (f" (× {one.times})" if one.times > 1 else "")


def _marked(one: "Asked", titles: Mapping[str, str]) -> str:
    """A question with why its answer was not the right one, and what it showed first."""
    from bot.exports.text import one_line

    lines = [_asked(one)]
    lines += [f"    raison : {one_line(reason)}" for reason in one.reasons]
    lines += [f"    montré : {titles[name]}" for name in one.shown[:1] if name in titles]
    return "\n".join(lines)


def _cut(rows: Sequence[str]) -> Iterator[str]:
    """The first rows of a list; how many more there are is said."""
    yield from rows[:_LISTED]
    if len(rows) > _LISTED:
        yield f"… et {len(rows) - _LISTED} de plus (--json les donne tous)."


def _served(uses: "Sequence[Use]") -> Iterator[str]:
    """How often each file answered, the most useful first."""
    yield f"{'montré':>8}{'en 1er':>8}{'utile':>7}{'faux':>6}  fichier"
    rows = [
        f"{one.times:>8}{one.first:>8}{one.useful:>7}{one.wrong:>6}  {one.path} « {one.title} »"
        for one in uses
        if one.times
    ]
    yield from _cut(rows)


def _unfound(uses: "Sequence[Use]") -> Iterator[str]:
    """Files that never answered, then passages never shown of those that did."""
    never = sorted((one for one in uses if not one.times), key=_by_kind)
    yield f"Fichiers jamais montrés : {len(never)} sur {len(uses)}."
    yield from _cut([f"- {one.path} « {one.title} »" for one in never])
    partly = [one for one in uses if one.times and one.unfound]
    lost = sum(len(one.unfound) for one in partly)
    yield f"\nPassages jamais montrés, dans les fichiers qui ont servi : {lost}."
    yield from _cut([f"- {one.path} : {len(one.unfound)} sur {one.passages}" for one in partly])


def _by_kind(use: "Use") -> tuple[int, str]:
    return _KINDS.index(use.kind), use.path


def _faults(old: "Sequence[Fault]") -> Iterator[str]:
    if not old:
        yield "Rien : tout a été revu depuis moins de six mois."
    yield from _cut([f"- {one}" for one in old])


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"
