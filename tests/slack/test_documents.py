"""« /crise document » as people use it: list, fields, preview, files in a thread, versions."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from bot.core.documents import DocumentDrafted, FieldFilled
from tests.drafts.house import playbooks
from tests.slack.conftest import Night, house_on_slack, read, words


@pytest.fixture
async def papers(tmp_path: Path) -> AsyncIterator[Night]:
    """A night in a house with two documents, its crisis open."""
    (tmp_path / "knowledge").mkdir()
    ours = playbooks(tmp_path)
    async with house_on_slack(
        tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge", tocsin_playbooks_dir=ours
    ) as night:
        await night.opened()
        yield night


async def opens(night: Night, who: str, line: str) -> str:
    """Type a line that opens a form; all that the form says."""
    await night.say(who, line)
    await night.double.wait(lambda double: double.view(who) is not None)
    return words(night.double.view(who))


async def sends(night: Night, who: str, values: dict[str, str] | None = None) -> str:
    """Send the form in front of somebody; what then stands in its place."""
    delivery = await night.double.submit(who, values or {})
    assert delivery.errors == {}, delivery.errors
    return words(night.double.view(who))


def drafted(night: Night) -> list[DocumentDrafted]:
    """Every version of the journal."""
    return [fact for fact, _ in night.facts() if isinstance(fact, DocumentDrafted)]


async def files(night: Night, count: int) -> list[dict[str, object]]:
    """The files that the bot shared, once there are so many."""
    await night.double.wait(lambda double: len(double.world.files) >= count, 20)
    return [one["file"] | {"content": one["content"]} for one in night.double.world.files.values()]


async def test_the_list_is_by_urgency(papers: Night) -> None:
    """What has a clock comes first, each document has its button, and who asks reads it alone."""
    await papers.say("diane", "constat t_dp maintenant dossiers illisibles")
    shown = await papers.say("diane", "document")
    assert shown.index("Notification à la CNIL") < shown.index("Message au personnel")
    assert "reste 2 j 23 h" in shown
    assert shown.count("Préparer") == 2


async def test_a_document_from_its_fields_to_its_files(papers: Night) -> None:
    """Asked, previewed, produced: the files hang in the thread, their hashes are in the journal."""
    form = await opens(papers, "diane", "document notification")
    assert "à compléter" in form
    assert form.index("Début de la violation") < form.index("Nombre de personnes")

    typed = {"nombre_personnes": "1 200", "patients_touches": "oui", "faits": "Écrans *figés*."}
    preview = await sends(papers, "diane", typed)

    assert "Personnes : 1\u202f200." in preview
    assert "Des patients sont touchés." in preview
    assert "[à compléter : Début de la violation]" in preview
    assert "Modèle à vérifier" in preview
    done = await sends(papers, "diane")
    assert "version 1 : consignée" in done

    (fact,) = drafted(papers)
    told = await papers.shown("Projet de document « Notification à la CNIL »")
    assert fact.pdf not in told
    number = told.partition("Ligne ")[2].split()[0]
    written = await papers.say("diane", f"journal {number}")
    assert fact.pdf in written
    assert fact.docx in written
    shared = await files(papers, 2)
    hashes = {sha256(bytes(one["content"])).hexdigest() for one in shared}  # type: ignore[call-overload]
    assert hashes == {fact.docx, fact.pdf}
    posts = papers.double.posts(papers.channel)
    line = next(one for one in posts if "Projet de document" in read(one))
    assert [one.thread_ts for one in posts if one.files] == [line.ts]
    answers = [one for one, _ in papers.facts() if isinstance(one, FieldFilled)]
    assert {one.field for one in answers} == {"nombre_personnes", "patients_touches", "faits"}


async def test_a_second_version_says_what_changed(papers: Night) -> None:
    """Answers are remembered for all documents; the next version tells what differs."""
    assert "version 1" in await papers.say("diane", "document notification-cnil préparer")
    await papers.say("diane", "champ nombre_personnes 1200")
    assert "consigné" in await papers.say("diane", "champ date_debut 20/11/2026")
    await files(papers, 2)

    await papers.say("diane", "document notification-cnil préparer")

    fact = drafted(papers)[-1]
    assert fact.version == 2
    assert "Nombre de personnes (à compléter → 1 200)" in fact.changed
    assert "Début de la violation (à compléter → 20 novembre 2026)" in fact.changed
    await files(papers, 4)
    preview = await opens(papers, "hugo", "document message personnel")
    assert "Nous sommes 1\u202f200." in preview


async def test_what_should_be_read_again_is_quoted(papers: Night) -> None:
    """Identifiers and words of the list warn, quote the sentence, and stop nothing."""
    await papers.say("diane", "champ faits Des pirates russes. Patient né le 03/02/1961.")
    shown = await papers.say("diane", "document notification-cnil préparer")
    assert "« Les faits : Des pirates russes. »" in shown
    assert "l'attribution revient à l'enquête" in shown
    assert "une date de naissance" in shown
    assert "03/02/1961" not in shown
    (fact,) = drafted(papers)
    assert fact.warned == 2
    await files(papers, 2)


async def test_an_answer_can_be_mended_from_the_preview(papers: Night) -> None:
    """« Corriger une réponse » brings the field back, then the preview; a wrong date is refused."""
    await opens(papers, "diane", "document notification")
    await sends(papers, "diane", {"nombre_personnes": "12", "faits": "inconnu"})
    assert "Nombre de personnes" in await sends(papers, "diane", {"fix": "toutes"})
    wrong = await papers.double.submit("diane", {"date_debut": "31/02/2026"})
    assert "n'existe pas" in wrong.errors["date_debut"]
    wrong = await papers.double.submit("diane", {"nombre_personnes": "beaucoup", "date_debut": ""})
    assert "Écrivez un nombre" in wrong.errors["nombre_personnes"]
    preview = await sends(papers, "diane", {"nombre_personnes": "environ 15"})
    assert "Personnes : environ 15." in preview
    assert "[à compléter : Les faits]" in preview


async def test_a_preview_that_is_no_longer_true_is_not_signed(papers: Night) -> None:
    """Somebody answers meanwhile: what was read is not what would leave, so it is said."""
    await opens(papers, "diane", "document message-personnel")
    await sends(papers, "diane", {"nombre_personnes": "40"})
    await papers.say("hugo", "champ nombre_personnes 41")
    refused = await papers.double.submit("diane", {})
    assert "a changé depuis cet aperçu" in str(refused.errors)
    assert drafted(papers) == []


async def test_files_can_be_had_again_in_private(papers: Night) -> None:
    """The last version comes by direct message; a file that was touched on the disk does not."""
    assert "pas encore de version" in await papers.say("eva", "document message-personnel recevoir")
    await papers.say("diane", "document message-personnel préparer")
    await files(papers, 2)
    assert "en privé" in await papers.say("eva", "document message-personnel recevoir")
    private = papers.double.world.conversation(["U07EVA"]).messages.values()
    assert [len(one.files) for one in private if one.files] == [2]

    (fact,) = drafted(papers)
    folder = papers.house.settings.tocsin_data_dir / "documents" / papers.crisis.id
    (folder / f"{fact.pdf}.pdf").write_bytes(b"autre chose")
    shown = await papers.say("eva", "document message-personnel recevoir")
    assert "ont changé" in shown


async def test_unknown_names_are_told_with_those_that_exist(papers: Night) -> None:
    """A near name is taken, an unknown one lists the documents, an unknown field says so."""
    assert "Notification à la CNIL" in await opens(papers, "diane", "document notificaton-cnil")
    await papers.double.close_view("diane")
    told = await papers.say("diane", "document xyzzy")
    assert "« message-personnel »" in told
    assert "Champ inconnu" in await papers.say("diane", "champ xyzzy 3")
