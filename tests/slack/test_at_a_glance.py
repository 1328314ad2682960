"""What the room must not be misled on: what is done, what presses, what is stuck, what is left."""

from datetime import timedelta

from bot.core.board import board
from bot.core.briefing import briefing
from bot.core.deadlines import deadline, standing
from bot.core.duties import SettleDuty
from bot.core.instants import RecordInstant
from bot.core.opening import CloseCrisis
from bot.core.steps import BlockStep, CompleteStep, SkipStep
from bot.slack import duties, lists, texts
from bot.slack.notices import notice
from bot.slack.render import board_message
from tests.core.plans import H, Room, opened, real_plan
from tests.double.blocks import texts as all_texts


def room() -> Room:
    """The real playbook, opened just now."""
    return opened(real_plan(), title="Écrans de rançon")


def read(blocks: object) -> str:
    """All that blocks say, as people read it."""
    return "\n".join(one["text"] for one in all_texts(blocks)).replace("\u00a0", " ")


def shown(one: Room, later: timedelta = timedelta(0)) -> str:
    """The board, ``later`` from now."""
    return read(board_message(board(one.crisis, one.now + later)).blocks)


def test_a_step_set_aside_is_not_told_as_done() -> None:
    """The situation report keeps « fait » for what was, and gives the reason of the rest."""
    one = room()
    one.does(CompleteStep("prendre-appel"), SkipStep("declarer-ose-oiv", "pas désigné"))
    report = read(texts.briefing_blocks(briefing(one.crisis, one.now - H, one.now)))
    done, _, aside = report.partition("*Écarté, non applicable*")
    assert "*Fait*\n• R01" in done
    assert "R15" not in done.partition("*À faire maintenant*")[0]
    assert "R15 Déclarer à l'ANSSI" in aside
    assert "— pas désigné" in aside


def test_without_delay_comes_before_three_days() -> None:
    """« Sans délai » heads the clocks, marked once the board insists, until it has an outcome."""
    one = room()
    first, later = shown(one), shown(one, 2 * H)
    assert first.index("CERT Santé") < first.index("assureur : *reste")
    assert "CERT Santé : *« sans délai »*" in first
    assert "CERT Santé : ⏰ *« sans délai »*" in later
    one.does(SettleDuty("cert-sante", "sent", "accusé 12"))
    assert "CERT Santé" not in shown(one, 2 * H).partition("*Délais légaux*")[2]
    listed = read(lists.deadlines_blocks(board(one.crisis, one.now + 2 * H)))
    places = [listed.index(word) for word in ("procureur", "à l'assureur :", "à la CNIL", "✅")]
    assert places == sorted(places)


def test_the_board_names_what_is_blocked() -> None:
    """Somebody in the room may hold the key: the step and the reason, three of them at most."""
    one = room()
    one.does(BlockStep("proteger-sauvegardes", "pas la clé"))
    assert "⛔ R06 Mettre les sauvegardes hors d'atteinte — pas la clé" in shown(one)
    steps = [
        step.id for step in one.crisis.plan.playbook.steps if step.id != "proteger-sauvegardes"
    ]
    one.does(*(BlockStep(step, "x") for step in steps[1:5]))
    assert "… et 2 autres : `/crise étapes`." in shown(one)


def test_the_list_of_steps_begins_with_what_can_be_done() -> None:
    """First what somebody can act on, the nearest target first; what waits comes after."""
    one = room()
    one.does(BlockStep("proteger-sauvegardes", "pas la clé"))
    listed = read(lists.steps_text(board(one.crisis, one.now)))
    now, _, then = listed.partition("*Ensuite, Détecter et alerter*")
    assert now.index("R01") < now.index("R06") < now.index("R16") < now.index("R31")
    assert "R06 Mettre les sauvegardes hors d'atteinte : ⛔ bloquée" in now
    assert "R02" not in now
    assert "R02 Confirmer le rançongiciel, en temps limité : attend R01" in then


def test_a_closed_board_says_what_is_still_owed_and_offers_what_works() -> None:
    """Closing stops no legal clock: dates remain, and no button that would be refused."""
    one = room()
    one.does(RecordInstant("t_dp", one.now), CloseCrisis("fin"))
    closed = board_message(board(one.crisis, one.now))
    said = read(closed.blocks)
    assert "Obligations sans issue, toujours dues" in said
    assert "Pour en donner l'issue" in said
    assert "à la CNIL (notification initiale) : avant le *mar. 24 nov., 03 h 10*" in said
    assert "reste" not in said
    elements = [each for block in closed.blocks for each in block.get("elements", ())]
    pressed = {each["action_id"] for each in elements if "action_id" in each}
    assert {"say:export", "say:retex", "say:point"} <= pressed
    assert pressed.isdisjoint({"say:note", "say:constat", "say:etat", "open:etape:ajouter"})
    fact, stamp = one.recorded[-1]
    told = notice(fact, stamp, one.crisis)
    assert told is not None
    assert "`/crise rouvrir`" in read(told.blocks)


def test_nothing_is_owed_once_all_has_an_outcome() -> None:
    """A closed board whose duties are settled is silent about them."""
    one = room()
    assert standing(one.crisis, one.now)
    while left := standing(one.crisis, one.now):
        one.does(*(SettleDuty(each.duty.id, "sent", "accusé") for each in left))
    one.does(CloseCrisis("fin"))
    assert "toujours dues" not in shown(one)


def test_only_duties_that_bind_may_replace_one() -> None:
    """The list offers neither what is not in force nor what concerns other establishments."""
    one = room()
    plan = one.crisis.plan
    duty = plan.duty("plainte")
    assert duty is not None
    form = duties.duty_form(duty, one.crisis, deadline(duty, one.crisis, one.now))
    offered = next(block for block in form["blocks"] if block.get("block_id") == "by")
    values = {choice["value"] for choice in offered["element"]["options"]}
    assert {"procureur", "cnil-initiale"} <= values
    assert values.isdisjoint({"plainte", "ose", "oiv", "nis2-alerte", "nis2-rapport"})
