"""The preview as one page of HTML: no script, nothing fetched, every text escaped.

The page forbids itself scripts and the network, whatever a playbook says: the texts of files are
data, and their Markdown is read without HTML, links or images.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from string import Template
from typing import Any, Final

from bot.core.french import typography
from bot.core.playbook import Plan
from bot.preview.data import preview_data
from bot.preview.drawing import svg
from bot.preview.layout import lay_out

#: Height of the drawing that fits on one printed page, in units as wide as the page is.
PAGE: Final = 1350.0

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.45 "Liberation Sans", Arial, sans-serif; color: #111; background: #fff;
  margin: 0 auto; padding: 1rem; max-width: 66rem; overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; margin: .2rem 0; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid #111; }
h3 { font-size: 1.1rem; margin: 1.4rem 0 .3rem; }
h4 { font-size: 1rem; margin: 0; }
p, ul, dl { margin: .35rem 0; }
ul { padding-left: 1.3rem; }
.quiet { color: #444; }
.graph { overflow-x: auto; }
.graph svg { display: block; width: 100%; min-width: 54rem; height: auto; }
.card { border: 1px solid #777; border-radius: 6px; padding: .6rem .8rem; margin: .6rem 0; }
.card.duty { border-left: 6px solid #7a0019; }
.card:target { outline: 3px solid #1f4e79; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .15rem .8rem; }
dt { font-weight: bold; }
dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; }
td.when { white-space: nowrap; width: 7rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; } }
@media print {
  body { font-size: 10.5pt; padding: 0; max-width: none; }
  .graph { overflow: visible; }
  .graph svg { min-width: 0; break-inside: avoid; max-height: 96vh; }
  .card, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""
_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title — aperçu</title>
<style>$style</style>
</head>
<body>
$body
</body>
</html>
""")


def page(plan: Plan, made: str) -> str:
    """The whole page; ``made`` says when it was made, as people read it."""
    data = preview_data(plan)
    parts = [
        *_head(data, made),
        *_graph(plan),
        *_questions(data["questions"]),
        *_roles(data["roles"]),
        *_phases(data["phases"]),
        *_duties(data["duties"], data["left"]),
        *_sources(data["sources"]),
    ]
    return _PAGE.substitute(title=escape(data["title"]), style=_STYLE, body="\n".join(parts))


def slices(plan: Plan, *, links: bool = True) -> list[str]:
    """The drawing in pieces that each fit on a printed page."""
    layout = lay_out(plan)
    cuts = layout.slices(PAGE * layout.width / 1000)
    title = f"Graphe du playbook {plan.playbook.title}"
    return [
        svg(layout, top, bottom, f"{title}, partie {n} sur {len(cuts)}", links=links)
        for n, (top, bottom) in enumerate(cuts, 1)
    ]


def _head(data: Mapping[str, Any], made: str) -> Iterator[str]:
    yield f'<p class="quiet">{escape(data["establishment"])}. Aperçu fait le {escape(made)}.</p>'
    yield f"<h1>{escape(data['title'])}</h1>"
    yield (
        f'<p class="quiet">{escape(data["id"])}, version {escape(data["version"])}. '
        f"{escape(data['counts'])}.</p>"
    )
    yield f"<p>{_said(data['summary'])}</p>"
    if data["hints"]:
        yield f'<p class="quiet">{_said("Proposé quand on écrit : " + data["hints"])}.</p>'


def _graph(plan: Plan) -> Iterator[str]:
    yield "<h2>Le déroulé, dessiné</h2>"
    yield f'<p class="quiet">{_said(LEGEND)}</p>'
    yield f'<div class="graph">{"".join(slices(plan))}</div>'


LEGEND: Final = (
    "De haut en bas, chaque flèche va d'une étape à celles qui l'attendent. À droite du repère, "
    "l'objectif depuis l'ouverture. Cadre pointillé : étape selon réponse (◇). Double cadre : à "
    "deux personnes. Bord épais à gauche : obligation."
)


def _questions(questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not questions:
        return
    yield "<h2>Questions à la cellule</h2>"
    rows = (
        f"<tr><td>◇\u00a0{escape(one['mark'])}</td>"
        f'<td><strong>{escape(one["ask"])}</strong><br><span class="quiet">{_said(one["help"])}'
        f"</span></td><td>{escape(one['choices'])}</td><td>{escape(one['steps'])}</td></tr>"
        for one in questions
    )
    yield _table(("", "Question", "Réponses", "En dépendent"), rows)


def _table(heads: Sequence[str], rows: Iterator[str]) -> str:
    titles = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return f'<div class="scroll"><table><tr>{titles}</tr>{"".join(rows)}</table></div>'


def _roles(roles: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Qui fait quoi, quand</h2>"
    for role in roles:
        who = f". {role['who']}" if role["who"] else ""
        yield f"<h3>{escape(role['title'])}</h3>"
        yield f'<p class="quiet">{escape(role["cell"] + who)}.</p>'
        rows = (
            f'<tr><td class="when">{escape(when)}</td><td>{escape(mark)} {escape(title)}</td></tr>'
            for when, mark, title in role["steps"]
        )
        yield _table(("Objectif", "Étape"), rows)


def _phases(phases: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Les étapes en entier</h2>"
    for phase in phases:
        yield f"<h3>{escape(phase['title'])}</h3>"
        if phase["aim"]:
            yield f'<p class="quiet">{_said(phase["aim"])}</p>'
        for step in phase["steps"]:
            yield from _step(step)


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    duty = any(label == "Obligation" for label, _ in step["more"])
    within = f", objectif {step['target']}" if step["target"] else ""
    yield f'<div class="card{" duty" if duty else ""}" id="etape-{escape(step["id"])}">'
    yield f"<h4>{escape(step['mark'])} {escape(step['title'])}</h4>"
    yield f'<p class="quiet">{escape(step["role"] + within)}</p>'
    yield _reader().render(typography(step["text"]))
    yield f"{_pairs(step['more'])}</div>"


def _pairs(pairs: Sequence[Sequence[str]]) -> str:
    inner = "".join(f"<dt>{escape(one)}</dt><dd>{escape(told)}</dd>" for one, told in pairs)
    return f"<dl>{inner}</dl>" if inner else ""


def _duties(duties: Sequence[Mapping[str, Any]], left: Sequence[str]) -> Iterator[str]:
    yield "<h2>Obligations portées par ce playbook</h2>"
    for one in duties:
        unsure = " (à vérifier)" if one["unsure"] else ""
        asleep = " (pas encore en vigueur)" if one["asleep"] else ""
        yield f'<div class="card duty"><h4>{escape(one["ref"])} {escape(one["title"])}'
        yield f"{unsure}{asleep}</h4>"
        yield f'<p class="quiet">Portée par {escape(one["steps"])}</p>{_pairs(one["more"])}</div>'
    if not duties:
        yield "<p>Aucune.</p>"
    if left:
        yield "<h3>Obligations de l'établissement qu'aucune étape ne porte ici</h3>"
        yield f"<ul>{''.join(f'<li>{_said(one)}</li>' for one in left)}</ul>"


def _sources(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Sources</h2><ul>"
    for one in sources:
        unsure = " (à vérifier)" if one["unsure"] else ""
        told = ", ".join(filter(None, (one["publisher"], one["date"], one["where"])))
        note = f" {one['note']}" if one["note"] else ""
        yield (
            f"<li><strong>{escape(one['id'])}</strong>{_said(' : ' + one['title'])}{unsure}. "
            f"{escape(told)}.{_said(note)}</li>"
        )
    yield "</ul>"


def _said(text: str) -> str:
    """A text of a file, with its typography, escaped."""
    return escape(typography(text))


@cache
def _reader() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable(
        ["html_block", "html_inline", "image", "link", "autolink", "reference"]
    )
