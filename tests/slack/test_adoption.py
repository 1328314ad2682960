"""« /crise playbook » in a crisis: what it follows, what would change, and who decides."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.adoption import PlanAdopted, fingerprint, short
from bot.core.notes import DecisionTaken
from bot.exports.jsonl import Progress
from bot.exports.rows import rows
from bot.slack.gateway import Tempo
from tests.core.plans import PLAYBOOKS
from tests.slack.conftest import QUICK, Night, house_on_slack, words

#: What the file says of a step that is done, and of one that is taken and goes.
RENAMED = ("Prendre l'appel et ouvrir la main courante", "Prendre l'appel de crise")
RETIRED = ("alerter-cellule", "reveiller-cellule")


@asynccontextmanager
async def desk(folder: Path, authors: str = "", tempo: Tempo = QUICK) -> AsyncIterator[Night]:
    """A night whose playbooks a test may write to; of the knowledge, the editor's rules alone."""
    (folder / "knowledge").mkdir()
    rules = PLAYBOOKS.parent / "knowledge" / "redaction.yaml"
    shutil.copyfile(rules, folder / "knowledge" / rules.name)
    books = Path(shutil.copytree(PLAYBOOKS, folder / "playbooks"))
    async with house_on_slack(
        folder,
        tempo=tempo,
        tocsin_playbooks_dir=books,
        tocsin_knowledge_dir=folder / "knowledge",
        tocsin_authors=authors,
    ) as night:
        yield night


@asynccontextmanager
async def writable(folder: Path, authors: str = "") -> AsyncIterator[Night]:
    """The same with a crisis."""
    async with desk(folder, authors) as night:
        await night.opened()
        yield night


def publish(night: Night, *changes: tuple[str, str]) -> str:
    """Replace texts in the file of the crisis, as an editor would; the new fingerprint."""
    file = night.house.settings.tocsin_playbooks_dir / "rancongiciel.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    assert night.house.shelf.reload().faults == ()
    return short(fingerprint(night.house.plans["rancongiciel"]))


async def adopting(night: Night, who: str) -> str:
    """Press « Voir ce qui change » under the answer to « playbook »; all that the form says."""
    await night.say(who, "playbook")
    shown = night.double.ephemerals(who)[-1]
    await night.double.click(who, night.channel, shown.ts, "open:playbook:adopter")
    await night.double.wait(lambda double: double.view(who) is not None, 20)
    return words(night.double.view(who))


async def test_a_crisis_is_offered_a_newer_version(tmp_path: Path) -> None:
    """Anybody reads which version is followed; only authors see the way to another one."""
    async with writable(tmp_path) as night:
        told = await night.say("diane", "playbook")
        assert "version 2026-11-21" in told
        assert "dernière version publiée" in told
        assert short(fingerprint(night.crisis.plan)) in told

        digest = publish(night, RENAMED)

        told = await night.say("diane", "version")
        assert digest in told
        assert "Seuls ses auteurs" in told
        assert "Voir ce qui change" not in told
        assert "Voir ce qui change" in await night.say("bruno.t", "playbook")


async def test_a_crisis_adopts_a_newer_version_by_a_decision(tmp_path: Path) -> None:
    """Read first, decided with a reason, recorded, told and drawn in the channel."""
    async with writable(tmp_path) as night:
        await night.say("bruno.t", "fait R01 appel de 3h10 noté")
        await night.say("paul", "prendre R04")
        digest = publish(night, RENAMED, RETIRED)

        shown = await adopting(night, "bruno.t")
        assert "« Prendre l'appel de crise »" in shown
        assert "Étape retirée" in shown
        assert "tenue par Paul Factice" in shown
        count = night.count
        assert (await night.double.submit("bruno.t", {"text": " "})).errors
        assert night.count == count
        await night.double.submit("bruno.t", {"text": "Consigne du réseau régional"})
        assert "suit la version" in words(night.double.view("bruno.t"))

        decision, made = (fact for fact, _ in night.acts()[-2:])
        assert isinstance(decision, DecisionTaken)
        assert "Consigne du réseau régional" in decision.text
        assert isinstance(made, PlanAdopted)
        assert (short(made.fingerprint), made.aside) == (digest, ("alerter-cellule",))
        await night.shown("Consigne du réseau régional")
        await night.shown("Prendre l'appel de crise")
        assert night.crisis.step("prendre-appel").evidence == "appel de 3h10 noté"
        told = await night.say("diane", "playbook")
        assert "Adoptée par Bruno Modèle" in told
        assert "dernière version publiée" in told
        texts = [one.text for one in rows(night.house.service.entries(night.crisis.id), Progress())]
        assert sum("R04 Réveiller la cellule" in one for one in texts) == 1


async def test_a_version_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """Nobody adopts what was not in front of their eyes: the form comes back, nothing recorded."""
    async with writable(tmp_path, authors="U03DIANE") as night:
        publish(night, RENAMED)
        await adopting(night, "diane")
        publish(night, RETIRED)
        count = night.count

        await night.double.submit("diane", {"text": "À suivre"})

        assert "vient de changer : relisez" in words(night.double.view("diane"))
        assert night.count == count
        await night.double.submit("diane", {"text": "À suivre"})
        assert isinstance(night.last()[0], PlanAdopted)
