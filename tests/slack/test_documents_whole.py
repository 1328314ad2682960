"""A crisis on a strict Slack, with the documents of the house: each opens, and is filled."""

from bot.core.documents import DocumentDrafted
from bot.exports.drafted import Cabinet
from tests.slack.conftest import Night, words

SAID = (
    "constat t_dp maintenant dossiers des urgences illisibles",
    "constat t_stad maintenant note de rançon lue",
    "décision Couper Internet, garder les liens du SAMU",
    "rôle dpo",
    "champ nombre_personnes 12500",
    "champ faits_resume Six postes des urgences affichent une note de rançon.",
)
PRODUCED = ("notification-cnil", "plainte", "fiche-psig", "point-situation")


async def test_a_whole_crisis_gives_its_documents_filled(night: Night) -> None:
    """What was dated, decided and answered stands in each document, the rest is marked; every
    document that concerns the hospital opens as a form that Slack takes.
    """
    await night.opened()
    for line in SAID:
        await night.say("diane", line)
    assert "Dépôt de plainte" in await night.say("diane", "document")

    templates = night.house.documents.held.templates
    for name in templates:
        shown = await night.say("diane", f"document {name}")
        if "ne concerne pas cette crise" in shown:
            assert templates[name].head.only_if, name
            continue
        await night.double.wait(lambda double: double.view("diane") is not None)
        assert templates[name].head.title[:40] in words(night.double.view("diane"))
        await night.double.close_view("diane")

    for name in PRODUCED:
        assert "consignée" in await night.say("diane", f"document {name} préparer")
    await night.double.wait(lambda double: len(double.world.files) == 2 * len(PRODUCED), 30)

    cabinet = Cabinet(night.house.settings.tocsin_data_dir)
    texts = {}
    for fact, _ in night.facts():
        if isinstance(fact, DocumentDrafted):
            path = cabinet.path(night.crisis.id, fact.md, "md")
            assert path is not None
            texts[fact.document] = path.read_text(encoding="utf-8")
    assert set(texts) == set(PRODUCED)
    assert "12500" in texts["notification-cnil"].replace("\u202f", "")
    assert "Six postes des urgences" in texts["plainte"]
    assert "Couper Internet, garder les liens du SAMU" in texts["point-situation"]
    assert all("[à compléter\u00a0: " in text for text in texts.values())
