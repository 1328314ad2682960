"""Steps as people press them: take, finish, block, set aside, give; two hands on the same one."""

from typing import Any

from bot.core.board import board
from bot.core.duties import DutySettled
from bot.core.steps import (
    QuestionAnswered,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from bot.grammar import Context, parse
from bot.wiring import clock
from tests.slack.conftest import Night, words


async def test_a_step_goes_from_hand_to_hand(night: Night) -> None:
    """Each press is one entry; the phase shows at once who did what, and the board counts it."""
    await night.opened()
    await night.press("eva", "say:take:prendre-appel")
    fact, stamp = night.last()
    assert (fact, stamp.actor.role) == (
        StepTaken("prendre-appel"),
        "Exploitation et réseau, Astreinte informatique",
    )
    await night.shown("en cours · Éva Maquette")

    view = await night.form("eva", "open:done:prendre-appel")
    assert "première ligne de la main courante" in words(view)
    await night.double.submit("eva", {"text": "appel de 3 h 10, poste 4211"})
    assert night.last()[0] == StepCompleted("prendre-appel", "", "appel de 3 h 10, poste 4211")
    shown = await night.shown("✅ fait par Éva Maquette")
    assert "# Détecter et alerter — 1/4" in shown
    applies = sum(phase.total for phase in board(night.crisis, clock()).phases)
    await night.shown(f"1/{applies} étapes")
    assert night.double.ephemerals("eva") == []


async def test_every_choice_of_the_details(night: Night) -> None:
    """The details tell the whole step, and each choice of the form is one entry."""
    await night.opened()
    view = await night.form("eva", "open:step:proteger-sauvegardes")
    text = words(view)
    assert "• Commencez tout de suite" in text
    assert "À ne jamais faire" in text
    assert "Source : " in text
    assert "À faire. Personne ne l'a encore prise." in text
    await night.double.submit("eva")
    assert night.last()[0] == StepTaken("proteger-sauvegardes")

    filled: list[tuple[dict[str, Any], object]] = [
        (
            {"do": "block", "text": "local fermé"},
            StepBlocked("proteger-sauvegardes", "local fermé"),
        ),
        ({"text": "clé trouvée"}, StepReopened("proteger-sauvegardes", "clé trouvée")),
        ({"do": "done", "text": "débranchées"}, None),
        ({}, StepReopened("proteger-sauvegardes")),
        (
            {"do": "skip", "text": "aucune copie"},
            StepSkipped("proteger-sauvegardes", "aucune copie"),
        ),
    ]
    for values, fact in filled:
        await night.form("diane", "open:step:proteger-sauvegardes")
        delivery = await night.double.submit("diane", values)
        assert delivery.errors == {}, values
        found, stamp = night.last()
        assert found == (fact or StepCompleted("proteger-sauvegardes", "", "débranchées"))
        assert stamp.actor.id == "U03DIANE"
    await night.shown("➖ non applicable par Diane Fictive")


async def test_bold_of_the_playbook_is_bold_in_slack(night: Night) -> None:
    """The Markdown of the files reads as Slack's own markup, its signs gone."""
    await night.opened()
    view = await night.form("bruno.t", "open:step:dater-instants")
    assert "• *Atteinte au système*" in words(view)
    assert "**" not in words(view)


async def test_a_step_given_calls_its_new_holder(night: Night) -> None:
    """Who is given a step is called by name in the channel; the form lists the whole cell."""
    await night.opened()
    await night.form("claire", "open:step:isoler-postes")
    delivery = await night.double.submit("claire", {"do": "assign"})
    assert delivery.errors == {"who": "Choisissez à qui la confier."}
    await night.double.submit("claire", {"do": "assign", "who": "U02BRUNO"})
    fact, _ = night.last()
    assert isinstance(fact, StepAssigned)
    assert fact.to.name == "Bruno Modèle"
    shown = await night.shown("confiée à Bruno")
    assert shown.startswith("<@U02BRUNO> Étape")


async def test_errors_stand_under_their_field(night: Night) -> None:
    """What is missing or cannot be is said under the right field; what was typed stays."""
    await night.opened()
    await night.say("eva", "fait R01")
    await night.form("bruno.t", "open:step:confirmer-rancongiciel")
    count = night.count
    submit = night.double.submit
    assert (await submit("bruno.t", {"do": "done"})).errors == {"outcome": "Choisissez l'issue."}
    assert (await submit("bruno.t", {"do": "block"})).errors == {"text": "Donnez la raison."}
    assert (await submit("bruno.t", {"do": "skip"})).errors == {"text": "Donnez la raison."}
    assert night.count == count
    await submit("bruno.t", {"do": "done", "outcome": "Rançongiciel confirmé", "text": "note vue"})
    fact, _ = night.last()
    assert fact == StepCompleted("confirmer-rancongiciel", "Rançongiciel confirmé", "note vue")


async def test_a_waiting_step_says_what_it_waits_for(night: Night) -> None:
    """The phase and the details name what comes first; finishing too early is refused kindly."""
    await night.opened()
    assert "R02 Confirmer le rançongiciel, en temps limité : attend R01" in await night.shown(
        "R01 Prendre l'appel"
    )
    view = await night.form("bruno.t", "open:step:confirmer-rancongiciel")
    assert "À finir d'abord : R01 Prendre l'appel" in words(view)
    assert "C'est fait" not in words(view)
    answer = await night.say("bruno.t", "fait R02 Rançongiciel confirmé")
    assert "À finir d'abord : « Prendre l'appel" in answer
    await night.say("bruno.t", "prendre R02")
    await night.shown("prise par Bruno Modèle")


async def test_two_people_on_the_same_step(night: Night) -> None:
    """The second hand is told privately who was first, and nothing is recorded for it."""
    channel = await night.opened()
    ts = next(one.ts for one in night.double.posts(channel) if "R06" in repr(one.blocks))
    await night.press("eva", "say:take:proteger-sauvegardes")
    count = night.count
    shown = next(
        one for one in night.double.posts(channel) if "say:take:proteger" in repr(one.blocks)
    )
    delivery = await night.double.click(
        "bruno.t", channel, shown.ts, "say:take:proteger-sauvegardes"
    )
    assert delivery.acked
    assert ts
    await night.told("bruno.t", "est déjà prise par Éva Maquette")
    assert night.count == count

    await night.form("eva", "open:step:proteger-sauvegardes")
    await night.form("bruno.t", "open:step:proteger-sauvegardes")
    await night.double.submit("eva", {"do": "done", "text": "débranchées"})
    count = night.count
    late = await night.double.submit("bruno.t", {"do": "block", "text": "je n'ai pas la clé"})
    assert "est déjà terminée par Éva" in late.errors["text"]
    assert night.count == count
    view = night.double.view("bruno.t")
    assert view is not None
    assert view["state"]["values"]["text"]["v"]["value"] == "je n'ai pas la clé"


async def test_a_step_that_carries_a_duty_settles_it(night: Night) -> None:
    """Its outcome, with a proof, is the outcome of the duty; without a proof it is refused."""
    await night.opened()
    await night.say("diane", "prendre R16")
    view = await night.form("diane", "open:done:prevenir-assureur")
    choices = [one for one in view["blocks"] if one.get("block_id") == "outcome"]
    first = choices[0]["element"]["options"][0]["value"]
    missing = await night.double.submit("diane", {"outcome": first})
    assert list(missing.errors) == ["text"]
    await night.double.submit("diane", {"outcome": first, "text": "appel 0042, 4 h 05"})
    facts = [fact for fact, _ in night.facts()[-2:]]
    assert facts[1] == DutySettled("assureur", "sent", "appel 0042, 4 h 05")
    await night.shown("Obligation « Déclarer le sinistre à l'assureur » : envoyée")


async def test_questions_decide_which_steps_apply(night: Night) -> None:
    """Pressing an answer records it, marks it, and the steps that it puts out say so."""
    await night.opened()
    await night.press("nadia", "say:answer:sauvegardes-en-ligne:non")
    assert night.last()[0] == QuestionAnswered("sauvegardes-en-ligne", "non")
    await night.shown("Sans objet ici")
    shown = await night.shown("Réponse : *non*")
    assert "Questions à trancher — 8 restantes" in shown
    await night.press("nadia", "say:answer:sauvegardes-en-ligne:non")
    await night.told("nadia", "La réponse est déjà « non ».")


async def test_every_button_of_the_channel_carries_a_line_that_reads(night: Night) -> None:
    """Whatever is pressed in the channel is a line that a person could type, or opens a form."""
    channel = await night.opened()
    crisis = night.crisis
    assert crisis.opened is not None
    context = Context(crisis, crisis.opened.actor, night.house.service.now())
    blocks = [block for post in night.double.posts(channel) for block in post.blocks]
    elements = [one for block in blocks for one in block.get("elements", [])]
    elements += [block["accessory"] for block in blocks if block.get("accessory")]
    buttons = [one for one in elements if one["type"] == "button"]
    for one in buttons:
        if one["action_id"].startswith("say:"):
            assert parse(one["value"], context).word
        else:
            plan, known = crisis.plan, night.house.documents.held.templates
            named = one["value"]
            phases = {phase.id for phase in plan.playbook.phases}
            found = plan.step(named) or plan.duty(named) or named in (known.keys() | phases)
            assert found or parse(named, context).word, one
    assert len(buttons) > 40
