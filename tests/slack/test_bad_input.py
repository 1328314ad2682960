"""Bad files and bad settings: each with its sentence, and the rest goes on."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingError
from bot.wiring import build
from bot.wiring.bot import running
from tests.core.plans import PLAYBOOKS
from tests.double import Double
from tests.slack.conftest import house_on_slack, settings, words


def books(folder: Path) -> Path:
    """A copy of the hospital's files that a test may spoil."""
    (folder / "knowledge").mkdir()
    return Path(shutil.copytree(PLAYBOOKS, folder / "playbooks"))


async def test_no_readable_playbook(tmp_path: Path) -> None:
    """With nothing to open a crisis on, the person is told what to do, and the Home counts it."""
    for one in books(tmp_path).glob("*.yaml"):
        one.write_text("id: [\n", encoding="utf-8")
    more: dict[str, Any] = {
        "tocsin_playbooks_dir": tmp_path / "playbooks",
        "tocsin_knowledge_dir": tmp_path / "knowledge",
    }
    async with house_on_slack(tmp_path, **more) as night:
        answer = await night.say("claire", "déclarer", "general")
        assert "Aucun playbook lisible" in answer
        assert "tocsin check" in answer
        await night.double.open_home("claire")
        await night.double.click_home("claire", "open:declare")
        await night.double.wait(lambda double: "Aucun playbook lisible" in double.text())
        assert "dans les playbooks : lancez « tocsin check »" in words(night.double.home("claire"))


async def test_one_spoiled_playbook_leaves_the_others(tmp_path: Path) -> None:
    """A malformed file and a dangling reference are told; what can be read can be declared."""
    place = books(tmp_path)
    (place / "abime.yaml").write_text("id: abime\ntitle: [\n", encoding="utf-8")
    text = (place / "rancongiciel.yaml").read_text(encoding="utf-8")
    dangling = text.replace("id: rancongiciel", "id: bancal").replace(
        "after: [prendre-appel]", "after: [nulle-part]", 1
    )
    (place / "bancal.yaml").write_text(dangling, encoding="utf-8")
    more: dict[str, Any] = {
        "tocsin_playbooks_dir": place,
        "tocsin_knowledge_dir": tmp_path / "knowledge",
    }
    async with house_on_slack(tmp_path, **more) as night:
        await night.double.open_home("claire")
        assert "défauts dans les playbooks" in words(night.double.home("claire"))
        await night.double.command("claire", "general", "/crise", "déclarer")
        await night.double.wait(lambda double: double.view("claire") is not None)
        shown = words(night.double.view("claire"))
        assert "Rançongiciel" in shown
        delivery = await night.double.submit("claire", {"title": "Rançon", "when": "maintenant"})
        assert delivery.response_action == "update"


async def test_a_token_that_slack_refuses_is_a_setting_to_mend(tmp_path: Path) -> None:
    """The sentence names the setting and where to find it in Slack."""
    async with Double() as double:
        house = build(settings(double, tmp_path, slack_bot_token="xoxb-revoked"))
        with pytest.raises(SettingError) as error:
            async with running(house):
                raise AssertionError("it ran")
        house.store.close()
    assert "SLACK_BOT_TOKEN" in error.value.for_people()
    assert "OAuth & Permissions" in error.value.for_people()


async def test_a_form_that_slack_refuses_to_open_is_told(tmp_path: Path) -> None:
    """A trigger that came too late, or Slack away, leaves a sentence and not silence."""
    (tmp_path / "knowledge").mkdir()
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge") as night:
        await night.opened()
        night.double.fault("views.open", "500")
        assert await night.say("eva", "note") == ""
        await night.told("eva", "Le formulaire n'a pas pu s'ouvrir")
        night.double.fault("users.info", "500", times=9)
        night.double.world.add_user("zoe", "Zoé Renfort", id="U99ZOE")
        await night.double.join("zoe", night.channel)
        await night.say("zoe", "prendre R01")
        assert night.last()[1].actor.id == "U99ZOE"
