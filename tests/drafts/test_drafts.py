"""Filling: what the journal knows is printed, what it does not is marked, nothing gets through."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.documents import DocumentDrafted, Filled, FillFields, RecordDocument
from bot.core.duties import SettleDuty
from bot.core.notes import TakeDecision
from bot.core.playbook import Status
from bot.core.steps import CompleteStep, TakeStep
from bot.drafts.blocks import blocks_of, plain
from bot.drafts.changes import MOST, Shown, changes, shown
from bot.drafts.data import Known, tree
from bot.drafts.draft import asked, concerning
from bot.drafts.engine import fill
from bot.drafts.names import names, problems
from bot.drafts.template import Template
from bot.drafts.values import Budget, Missing, Rows, Value
from bot.errors import BadFile
from tests.core.plans import START, Room
from tests.drafts.house import crisis, drawn, known, loaded

HOSTILE = (
    "# Titre {{ 1 }}\n| a | **b** | <b>c</b> [d](http://e.example) \\ `f` \ue0000\ue001 \u202eg\x07"
)


@pytest.fixture(scope="module")
def notice(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The notification of our own house."""
    documents = loaded(tmp_path_factory.mktemp("house"))
    assert documents.faults == ()
    return documents.templates["notification-cnil"]


def says(template: Template, text: str, room: Room | None = None) -> str:
    """What this text gives in place of the template's."""
    made = drawn(replace(template, text=text), room or crisis())
    return made.md.replace("\u00a0", " ").partition("## Pièces jointes")[0]


def answer(room: Room, **answers: str) -> Room:
    """The room after these answers."""
    room.does(FillFields(tuple(Filled(key, key, value) for key, value in answers.items())))
    return room


# -- what is printed ------------------------------------------------------------------------------


def test_what_is_known_is_filled_and_the_rest_is_marked(notice: Template) -> None:
    """Names, hours in the zone with their precision, a table of decisions; no guess anywhere."""
    made = drawn(notice, crisis())
    text = made.md.replace("\u00a0", " ")

    assert "établissement public de santé" in text
    assert "21 novembre 2026, vers 03 h 10 (UTC+01:00)" in text
    assert "21 novembre 2026, 04 h 10 | Couper Internet | " in text
    assert "DPO : Diane Inventée. Échéance : 24 novembre 2026, 03 h 10." in text
    assert "Personnes : [à compléter : Nombre de personnes]." in text
    assert "Des patients sont touchés" not in text
    assert text.rstrip().endswith("1. Chronologie")
    assert made.left == ("Début de la violation", "Nombre de personnes", "Les faits")


def test_answers_are_printed_as_french_prints_them(notice: Template) -> None:
    """Thousands apart, dates in words, « oui » true and « non » false, apostrophes curved."""
    room = answer(
        crisis(),
        nombre_personnes="12500",
        date_debut="2026-11-01",
        patients_touches="oui",
        faits="L'accès : coupé",
    )
    text = drawn(notice, room).md
    assert "12\u202f500" in text
    assert "1er\u00a0novembre\u00a02026" in text
    assert "Des patients sont touchés." in text
    assert "L’accès\u00a0: coupé" in text
    answer(room, patients_touches="non")
    assert "Des patients sont touchés." not in drawn(notice, room).md


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ instants.t_dp.date_heure | date }}", "21 novembre 2026"),
        ("{{ instants.t_dp.date_heure | heure }}", "vers 03 h 10"),
        ("{{ instants.t_dp.date_heure | duree }}", "1 h"),
        ("{{ instants.t_stad.heure }}", "[à compléter : "),
        ("{{ sites_touches | liste }}", "[à compléter : sites touchés]"),
        ("{{ etablissement.sites | liste }}", " et "),
        ("{{ instants.t_dp.connu }} {{ instants.t_stad.connu }}", "oui non"),
        ("{{ crise.exercice | oui_non }}", "non"),
        ("{% for d in decisions %}{{ loop.index }}{% endfor %}", "12"),
        (
            "{% for d in decisions if d.texte == 'Couper Internet' %}{{ d.par }}{% endfor %}",
            "Claire",
        ),
        ("{{ 'a' if champ.faits else 'b' }}", "b"),
        ("{{ obligations.cnil-initiale.en_retard }}", "non"),
        ("{{ obligations['cnil-initiale'].issue }}", "pas encore"),
        ("{{ 'a' if obligations['cnil-initiale'].issue else 'b' }}", "b"),
        ("{{ journal.lignes }}", "7"),
        ("{{ roles.dsi.noms }}", "[à compléter : nom, "),
        ("{{ roles.dsi.prevus }}", "Bruno Modèle"),
        ("{{ document.version }} {{ document.signataire }}", "1 Direction"),
        ("{{ constats | liste }}", "Premier signe anormal et Violation"),
    ],
)
def test_names_and_filters(notice: Template, text: str, told: str) -> None:
    """Each name and filter gives what its documentation says."""
    assert told in says(notice, text)


def test_steps_and_settled_duties_are_listed(notice: Template) -> None:
    """Steps by their state, and the proof of what was sent."""
    room = crisis()
    first = room.crisis.plan.playbook.steps[0].id
    room.does(TakeStep(first), CompleteStep(first, "vu à l'écran"))
    room.does(SettleDuty("cnil-initiale", "sent", "accusé 123"))
    text = "{% for e in etapes.faites %}{{ e.preuve }}{% endfor %} "
    text += "{{ obligations.cnil-initiale.issue }}"
    assert "vu à l’écran envoyée" in says(notice, text, room)


def test_a_late_duty_asks_for_its_reasons(notice: Template) -> None:
    """Late without reasons, the reasons are marked as missing; in time, nothing is asked."""
    room = crisis()
    text = "{{ obligations.cnil-initiale.motif_retard }}."
    assert says(notice, text, room).endswith("\n\n.\n\n")
    room.now = START.replace(day=26)
    assert "[à compléter : motifs du retard, " in says(notice, text, room)


# -- what people typed stays text -----------------------------------------------------------------


def test_what_people_type_is_never_markdown_nor_template(notice: Template) -> None:
    """Titles, pipes, tags, braces, marks of ours and turning signs: printed or dropped, inert."""
    room = answer(crisis(), faits=HOSTILE)
    room.does(TakeDecision(HOSTILE))
    made = drawn(notice, room)

    kinds = [one.kind for one in made.blocks]
    assert kinds.count("heading") == 2
    (table,) = [one for one in made.blocks if one.kind == "table"]
    assert {len(row) for row in table.rows} == {3}
    assert "{{ 1 }}" in made.md
    assert "| a | **b** | <b>c</b>" in made.md
    assert not {"\ue000", "\ue001", "\u202e", "\x07"} & set(made.md)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ decisions.__len__ }}",
        "{{ crise.titre.upper() }}",
        "{{ champ.faits.__init__.__globals__ }}",
        "{{ self }}",
        "{{ cycler }}",
        "{{ range(10) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% macro a() %}{% endmacro %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% for a in decisions %}{% for b in notes %}{% for c in pieces %}x"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in crise.titre %}x{% endfor %}",
        "{{ decisions | map('upper') }}",
        "{{ crise.titre | attr('__class__') }}",
        "{% set crise.titre = 'x' %}",
        "{{ lipsum }}",
        "{% call x() %}{% endcall %}",
        "{% block a %}{% endblock %}",
        "{{ crise['ti' ~ 'tre'] }}",
    ],
)
def test_a_hostile_template_is_refused(notice: Template, text: str) -> None:
    """Attributes of objects, calls, arithmetic, imports, deep loops: refused by the check, and
    inert when filled all the same.
    """
    values = tree(known(crisis()), notice)
    assert problems(text, values) != []
    try:
        markdown, _ = fill(replace(notice, text=text), known(crisis()))
    except BadFile:
        return
    assert len(markdown) < 1000
    assert "class" not in markdown


def test_a_template_that_never_ends_is_stopped(notice: Template) -> None:
    """Rows read are counted, loops within loops included."""
    room = crisis()
    room.does(*(TakeDecision(f"décision {number}") for number in range(60)))
    text = "{% for a in decisions %}{% for b in decisions %}{% endfor %}{% endfor %}"
    tight = replace(known(room), budget=Budget(1000))
    with pytest.raises(BadFile, match="demande trop"):
        fill(replace(notice, text=text), tight)


def test_unknown_names_are_told_with_the_known_ones(notice: Template) -> None:
    """The line, the name as written, and what stands beside the right one."""
    values = tree(known(crisis()), notice)
    (found,) = problems("a\n\n{{ instants.t_dp.heur }}", values)
    assert (found.line, found.word) == (3, "instants.t_dp.heur")
    assert "heure" in found.known


def test_every_name_of_the_list_can_be_printed(notice: Template) -> None:
    """The documented names are those of the data: each fills, in a loop where it is a list."""
    values = tree(known(crisis()), notice)
    listed = list(names(values))
    assert {"crise.numero", "decisions[].texte", "champ.faits", "pieces[].empreinte"} <= set(listed)
    for name in listed:
        start, _, end = name.partition("[]")
        if "[]" not in name:
            text = f"{{{{ {name} }}}}"
        else:
            text = f"{{% for x in {start} %}}{{{{ x{end} }}}}{{% endfor %}}"
        assert problems(text, values) == [], name


# -- blocks ---------------------------------------------------------------------------------------


def test_markdown_becomes_blocks() -> None:
    """Titles, lists within lists, tables, quotes, rules, bold, italic, links, line ends."""
    text = (
        "# A\n\nb **c** *d*  \ne [f](http://g.example)\n\n1. un\n   - deux\n2. trois\n\n> cité\n\n"
        "---\n\n| h |\n|---|\n| i |\n\n    pas du code\n\n<b>pas du html</b>"
    )
    blocks = blocks_of(text, ())
    assert plain(blocks).split("\n\n") == [
        "# A",
        "b c d\ne f (http://g.example)",
        "1. un",
        "  • deux",
        "2. trois",
        "> cité",
        "———",
        "h\ni",
        "pas du code",
        "<b>pas du html</b>\n",
    ]
    looks = [(run.text, run.bold, run.italic) for run in blocks[1].runs[:4]]
    assert looks[1] == ("c", True, False)
    assert looks[3][:3] == ("d", False, True)


# -- changes --------------------------------------------------------------------------------------


def one(label: str, path: str, text: str) -> Shown:
    """A version that shows one value."""
    value = Value(text, label, path) if text else Missing(label, path)
    return shown("t", "blank", [value])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "1200", ["Personnes (à compléter → 1200)"]),
        ("1200", "", ["Personnes (1200 → à compléter)"]),
        ("12", "12", []),
        (
            "un " * 30 + "vieux mot " + "fin " * 20,
            "un " * 30 + "nouveau mot " + "fin " * 20,
            ["Personnes (… un un vieux mot fin … → … un un nouveau mot fin …)"],
        ),
    ],
)
def test_changes_are_told_by_label(before: str, after: str, told: list[str]) -> None:
    """What was missing, what was corrected, and of a long text only the words that differ."""
    path = "champ.personnes"
    found = changes(one("Personnes", path, before), one("Personnes", path, after))
    assert found == told


def test_what_always_moves_is_no_change() -> None:
    """The hour of printing and the head of the journal differ each time: nobody needs that."""
    assert changes(one("date", "maintenant.date", "1"), one("date", "maintenant.date", "2")) == []


def test_lists_templates_and_passages_are_told() -> None:
    """Rows by their number, an edited template as such, passages that came or went in words."""
    row = Value("x", "décision", "decisions[].texte")
    found = changes(shown("t", "a", [row]), shown("t", "a", [row, row]))
    assert found == ["décision (1 → 2)"]
    assert changes(shown("t", "a", []), shown("u", "b", [])) == ["le texte du modèle"]
    found = changes(shown("t", "a\n\nb", []), shown("t", "a\n\nc d", []))
    assert found == ["passage retiré : « b »", "passage ajouté : « c d »"]
    many = [Value("x", f"champ {n}", f"champ.c{n}") for n in range(20)]
    other = [one.like("y") for one in many]
    assert changes(shown("t", "a", many), shown("t", "a", other))[MOST:] == ["et 8 de plus"]


def test_what_was_shown_survives_its_file() -> None:
    """What is kept beside a version reads back as it was."""
    kept = shown("t", "a", [Value("é", "Label", "champ.x"), Missing("M", "champ.y")])
    assert Shown.load(kept.dump()) == kept


# -- which ones, what they ask --------------------------------------------------------------------


def test_fields_ask_first_what_is_missing(notice: Template) -> None:
    """Required before the rest, known ones prefilled; an answer of « inconnu » is answered."""
    room = answer(crisis(), faits="inconnu")
    found = asked(notice, known(room))
    assert [one.field.id for one in found][:2] == ["date_debut", "nombre_personnes"]
    (given,) = [one for one in found if one.field.id == "decouverte"]
    assert given.said.replace("\u00a0", " ") == "21 novembre 2026, vers 03 h 10"
    (unknown,) = [one for one in found if one.field.id == "faits"]
    assert unknown.missing
    assert unknown.answered


def test_documents_come_by_the_clock_of_their_duty(notice: Template, tmp_path: Path) -> None:
    """What runs first, what waits next, what is settled last."""
    staff = loaded(tmp_path).templates["message-personnel"]
    room = crisis()
    listed = concerning((staff, notice), known(room))
    assert [one.template.id for one in listed] == ["notification-cnil", "message-personnel"]
    room.does(SettleDuty("cnil-initiale", "sent", "accusé 123"))
    listed = concerning((notice, staff), known(room))
    assert [one.template.id for one in listed] == ["message-personnel", "notification-cnil"]


@pytest.mark.parametrize(
    ("status", "flags", "shown_there"),
    [("eps", {"ose": True}, True), ("eps", {}, False), ("clinique", {"ose": True}, False)],
)
def test_documents_concern_an_establishment(
    notice: Template, status: Status, flags: dict[str, bool], shown_there: bool
) -> None:
    """Status and flags decide, as for duties."""
    head = replace(notice.head, duty=None, bound=("eps",), only_if=("ose",))
    room = crisis()
    plan = room.crisis.plan
    house = replace(plan.establishment, status=status, flags=flags)
    there = replace(room.crisis, plan=replace(plan, establishment=house))
    listed = concerning((replace(notice, head=head),), Known(there, room.now))
    assert bool(listed) is shown_there


def test_versions_are_numbered_and_named(notice: Template) -> None:
    """The next number, the name of the files, and the foot that every page bears."""
    room = crisis(exercise=True)
    made = DocumentDrafted("notification-cnil", "N", 1, "d", "p", "m", "t")
    room.does(RecordDocument(made))
    found = drawn(notice, room)
    assert found.version == 2
    assert found.name == "EXERCICE-notification-cnil-2026-0001-v2"
    assert "version 2" in found.foot[0]
    assert found.foot[0].startswith("EXERCICE — ")
    assert "abababababababab" in found.foot[1]
    assert "Projet à relire avant envoi" in found.foot[1]


def test_rows_are_true_when_there_are_some() -> None:
    """A list is true in a condition when it has a row."""
    assert not Rows([], Value(""), "l", "p", Budget())
    assert Rows(["x"], Value(""), "l", "p", Budget())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a\n{% for d in decisions %}\n- {{ d.texte }}\n{% endfor %}\n\nb",
            "• Couper Internet\n\n• P",
        ),
        (
            "a\n{% for d in decisions %}\n- {{ d.texte }}{% endfor %}\n\nb",
            "• Couper Internet\n\n• P",
        ),
        ("{% for d in decisions %}{{ d.ligne }}, {% endfor %}fin\nb", "5, 6, fin\nb"),
        ("a{% if champ.faits %} b{% endif %}\nc", "a\nc"),
        ("a\n{% if not champ.faits %}\nb{% endif %}\nc", "a\nb\nc"),
        (
            "| h |\n|---|\n{% for d in decisions %}\n| {{ d.ligne }} |{% endfor %}\nsuite",
            "5\n6\n\nsuite",
        ),
        ("un\ndeux", "un\ndeux"),
    ],
)
def test_lines_are_where_their_author_put_them(notice: Template, text: str, told: str) -> None:
    """Tags leave no empty line, in whichever way loops are written; a line end stays one."""
    assert told in says(notice, text)
