"""The authors' modal, as they use it: edit, add, retire, look, publish; a conflict; a right."""

import asyncio
import fcntl
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.library.playbooks import load_plans
from tests.slack.conftest import QUICK, Night, words
from tests.slack.test_adoption import desk

BOOK = "panne-majeure"


async def opens(night: Night, who: str) -> str:
    """Press « Modifier » of a playbook, from outside any crisis; what the modal says."""
    await night.say(who, "playbook modifier", "general")
    shown = night.double.ephemerals(who)[-1]
    await night.double.click(who, "general", shown.ts, f"open:playbook:modifier:{BOOK}")
    await night.double.wait(lambda double: double.view(who) is not None, 20)
    return words(night.double.view(who))


async def turns(night: Night, wanted: str, do: str, step: str = "") -> str:
    """Choose what to do, to which step, and wait for the screen that follows."""
    return await sends(night, "bruno.t", wanted, do=do, **({"step": step} if step else {}))


async def sends(night: Night, who: str, wanted: str, **values: Any) -> str:
    """Send the form in hand and wait for the screen that follows."""
    sent = await night.double.submit(who, values)
    assert not sent.errors, sent.errors
    await night.double.wait(lambda double: wanted in words(double.view(who)), 30)
    return words(night.double.view(who))


def file_of(night: Night) -> Path:
    """The file that is edited."""
    return night.house.settings.tocsin_playbooks_dir / f"{BOOK}.yaml"


async def test_an_author_edits_adds_retires_and_publishes(tmp_path: Path) -> None:
    """From the shelf to the file: each screen says where the draft stands, nothing else moves."""
    async with desk(tmp_path) as night:
        before = file_of(night).read_text(encoding="utf-8")
        first, second = load_plans(file_of(night).parent).plans[BOOK].playbook.steps[:2]
        assert "Rien à publier pour l'instant" in await opens(night, "bruno.t")

        await turns(night, "Ce qu'il faut faire", "etape", first.id)
        typed = {"title": "Ouvrir la main courante", "within": "bientôt"}
        refused = await night.double.submit("bruno.t", typed)
        assert "Durée illisible" in refused.errors["within"]
        told = await sends(night, "bruno.t", "gardée", within="7 min")
        assert "changements dans votre brouillon" in told
        assert file_of(night).read_text(encoding="utf-8") == before

        await turns(night, "Retirer cette", "etape", second.id)
        await sends(night, "bruno.t", "retirée", do="retirer")
        await turns(night, "Après", "ajouter")
        await sends(
            night,
            "bruno.t",
            "ajoutée",
            title="Appeler le réseau régional",
            text="- Appelez.\n- Notez l'heure.",
            role="rssi",
            place=f"after:{first.id}",
        )
        told = await turns(night, "Ce qui change", "voir")
        assert "« Ouvrir la main courante »" in told
        assert "Étape ajoutée" in told
        assert "Étape retirée" in told
        assert "À corriger" not in told

        await sends(night, "bruno.t", "Raison")
        await sends(night, "bruno.t", "publiée", text="Retour de l'exercice de mars")

        plan = night.house.plans[BOOK]
        assert plan.playbook.steps[0].title == "Ouvrir la main courante"
        assert plan.playbook.steps[1].title == "Appeler le réseau régional"
        assert plan.step(second.id) is None
        after = file_of(night).read_text(encoding="utf-8")
        comments = [row for row in before.splitlines() if row.lstrip().startswith("#")]
        assert all(row in after.splitlines() for row in comments)


async def test_versions_are_listed_and_can_be_had_again(tmp_path: Path) -> None:
    """After a publication, each version is one line and one file in a private message."""
    async with desk(tmp_path) as night:
        before = file_of(night).read_text(encoding="utf-8")
        await opens(night, "bruno.t")
        step = night.house.plans[BOOK].playbook.steps[0].id
        await turns(night, "Ce qu'il faut faire", "etape", step)
        await sends(night, "bruno.t", "gardée", title="Autre titre")
        await turns(night, "Raison", "publier")
        await sends(night, "bruno.t", "publiée", text="Essai d'archive")
        await night.double.close_view("bruno.t", everything=True)

        await night.say("diane", "playbook", "general")
        shown = night.double.ephemerals("diane")[-1]
        assert "réservé à leurs auteurs" in str(shown.blocks)
        await night.double.click("diane", "general", shown.ts, f"open:playbook:versions:{BOOK}")
        await night.double.wait(lambda double: double.view("diane") is not None, 20)
        view = night.double.view("diane")
        assert "Essai d'archive" in words(view)
        assert "Bruno Modèle" in words(view)
        old = night.house.settings.tocsin_data_dir.rglob("*.yaml")
        kept = {one.read_text(encoding="utf-8"): one.stem for one in old}
        await sends(night, "diane", "envoyé cette version", version=kept[before])
        room = night.double.world.conversation(["U03DIANE"]).id
        await night.double.wait(lambda double: any(one.files for one in double.messages(room)), 20)


async def test_a_conflict_is_shown_and_the_draft_given_back(tmp_path: Path) -> None:
    """Somebody changed the file meanwhile: both changes are told, and nothing is overwritten."""
    async with desk(tmp_path) as night:
        await opens(night, "bruno.t")
        steps = night.house.plans[BOOK].playbook.steps
        await turns(night, "Ce qu'il faut faire", "etape", steps[0].id)
        await sends(night, "bruno.t", "gardée", title="Titre de Bruno")
        await turns(night, "Raison", "publier")
        theirs = file_of(night).read_text(encoding="utf-8").replace(steps[1].title, "Titre d'Éva")
        file_of(night).write_text(theirs, encoding="utf-8")

        told = await sends(night, "bruno.t", "Rien n'a été publié", text="Essai")

        assert "« Titre d'Éva »" in told
        assert "« Titre de Bruno »" in told
        assert file_of(night).read_text(encoding="utf-8") == theirs
        told = await turns(night, "Rien à publier", "repartir")
        room = night.double.world.conversation(["U02BRUNO"]).id
        files = [one["name"] for message in night.double.messages(room) for one in message.files]
        assert files == [f"{BOOK}-brouillon.yaml"]


async def test_a_fault_is_told_before_the_reason_is_asked(tmp_path: Path) -> None:
    """What ``tocsin check`` refuses is shown with its line; « Publier » is not offered."""
    async with desk(tmp_path) as night:
        await opens(night, "bruno.t")
        step = night.house.plans[BOOK].playbook.steps[0].id
        await turns(night, "Ce qu'il faut faire", "etape", step)
        await sends(night, "bruno.t", "gardée", text="- Prévenez l'ACSS.")

        told = await turns(night, "À corriger avant de publier", "publier")

        assert "CERT Santé" in told
        assert "Raison" not in told
        await sends(night, "bruno.t", "dans votre brouillon")


async def test_a_playbook_that_went_meanwhile_is_told_on_any_screen(tmp_path: Path) -> None:
    """A screen without a field to show a refusal under shows the refusal itself."""
    async with desk(tmp_path) as night:
        await opens(night, "bruno.t")
        step = night.house.plans[BOOK].playbook.steps[0].id
        await turns(night, "Ce qu'il faut faire", "etape", step)
        await sends(night, "bruno.t", "gardée", text="- Prévenez l'ACSS.")
        await turns(night, "À corriger avant de publier", "voir")
        file_of(night).unlink()
        await asyncio.to_thread(night.house.shelf.reload)

        await sends(night, "bruno.t", "Ce playbook n'est plus parmi les fichiers")


async def test_a_screen_begins_anew_and_a_draft_is_never_lost_by_mistake(tmp_path: Path) -> None:
    """What was chosen on a screen is not chosen on the next; only « L'effacer » erases."""
    async with desk(tmp_path) as night:
        await opens(night, "bruno.t")
        step = night.house.plans[BOOK].playbook.steps[0]
        refused = await night.double.submit("bruno.t")
        assert "Choisissez l'étape" in refused.errors["step"]
        await turns(night, "Ce qu'il faut faire", "etape", step.id)
        await sends(night, "bruno.t", "reste telle quelle", do="menu", title="Jamais gardé")
        await turns(night, step.title, "etape", step.id)
        await sends(night, "bruno.t", "gardée", title="Titre gardé")

        await turns(night, "Effacer votre brouillon", "abandonner")
        assert "« Titre gardé »" in words(night.double.view("bruno.t"))
        await sends(night, "bruno.t", "1 changement dans votre brouillon")
        await turns(night, "Effacer votre brouillon", "abandonner")
        told = await sends(night, "bruno.t", "Votre brouillon est effacé", do="effacer")

        assert "Rien à publier" in told
        assert "Abandonner" not in told


async def test_a_publication_that_takes_its_time_says_so_then_shows_its_end(
    tmp_path: Path,
) -> None:
    """Another publication holds the place: the form says to wait, then that it is published."""
    async with desk(tmp_path, tempo=replace(QUICK, patience=5.0)) as night:
        await opens(night, "bruno.t")
        step = night.house.plans[BOOK].playbook.steps[0].id
        await turns(night, "Ce qu'il faut faire", "etape", step)
        await sends(night, "bruno.t", "gardée", title="Titre attendu")
        await turns(night, "Raison", "publier")
        place = night.house.settings.tocsin_data_dir / "authoring" / "lock"

        with place.open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            await night.double.submit("bruno.t", {"text": "Essai"})
            assert "Je vérifie votre brouillon" in words(night.double.view("bruno.t"))
        await night.double.wait(lambda double: "publiée" in words(double.view("bruno.t")), 30)

        assert night.house.plans[BOOK].playbook.steps[0].title == "Titre attendu"


async def test_only_authors_edit(tmp_path: Path) -> None:
    """Anybody reads the shelf; a button that was forwarded opens nothing to who may not."""
    async with desk(tmp_path) as night:
        told = await night.say("diane", "playbook modifier", "general")
        assert "réservé à ses auteurs" in told
        assert "Modifier" not in await night.say("diane", "playbooks", "general")
        assert "Panne majeure" in await night.say("diane", "playbooks", "general")

        await night.double.open_home("bruno.t")
        await night.double.click_home("bruno.t", "say:playbook")
        room = night.double.world.conversation(["U02BRUNO"]).id
        await night.double.wait(lambda double: "Panne majeure" in double.channel_text(room), 20)
