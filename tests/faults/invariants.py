"""What must hold after a night, however it went.

What was acknowledged is in the journal once, or was refused with words; what was said in a channel
is there once; journals verify; a step was taken once; each reminder was raised once.  That each
channel shows what its journal says, with nothing missing or doubled, is ``nights.whole``'s.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.core.crisis import Fact
from bot.core.duties import ReminderRaised
from bot.core.steps import StepTaken
from bot.core.transcript import MessageEdited, MessageHeard
from bot.service import Service
from tests.double import Delivery
from tests.faults.nights import PEOPLE, verified
from tests.faults.stage import Night

#: The answer to what is in the journal names its line.
RECORDED = "ligne"
#: A sentence is at least as long.
_SENTENCE = 20


def caught_up(night: Night) -> bool:
    """Whether what people said while nobody listened has been found again by now."""
    try:
        for crisis in Service(night.house.store, night.house.service.now, bytes).crises():
            facts = [fact for fact, _ in night.house.service.facts(crisis.id)]
            heard(night, crisis.channel, facts)
    except AssertionError:
        return False
    return True


def hold(night: Night) -> None:
    """Check all of it; ``AssertionError`` says what does not hold."""
    store = night.house.store
    verified(store)
    texts: Counter[str] = Counter()
    for row in store.crises():
        texts.update(str((one.body_data or {}).get("text")) for one in store.read(row.crisis))
        facts = [fact for fact, _ in night.house.service.facts(row.crisis)]
        once(facts)
        heard(night, night.house.service.crisis(row.crisis).channel, facts)
    written(night.sent, texts)
    answered(night.answered)


def once(facts: Sequence[Fact]) -> None:
    """No reminder was raised twice, no step taken twice: nobody gave one back."""
    raised = Counter(one.key for one in facts if isinstance(one, ReminderRaised))
    assert max(raised.values(), default=1) == 1, f"reminders: {raised}"
    taken = Counter(one.step for one in facts if isinstance(one, StepTaken))
    assert max(taken.values(), default=1) == 1, f"steps: {taken}"


def heard(night: Night, channel: str, facts: Sequence[Fact]) -> None:
    """What people said in the channel is in the journal, once.

    When only the edit came through, it tells both texts, and nothing is heard again.
    """
    found = Counter(one.ts for one in facts if isinstance(one, MessageHeard))
    found |= Counter({one.of: 1 for one in facts if isinstance(one, MessageEdited)})
    shown = night.double.messages(channel)
    said = [one.ts for one in shown if one.user in PEOPLE and not one.subtype]
    wrong = {ts: found[ts] for ts in said if found[ts] != 1}
    assert not wrong, f"said in {channel}, and how often in the journal: {wrong}"


def written(sent: Mapping[str, Delivery], texts: Mapping[str, int]) -> None:
    """What was acknowledged as written is there; what is not there was refused with words."""
    told = {text: str(one.response) for text, one in sent.items()}
    lost = [text for text, one in sent.items() if one.acked and not texts.get(text)]
    assert not [text for text in lost if RECORDED in told[text]], f"lost: {lost}"
    assert not [one for one in lost if len(told[one]) < _SENTENCE], f"refused, no word: {lost}"
    twice = [text for text in sent if texts.get(text, 0) > 1]
    assert not twice, f"a line stands twice: {twice}"


def answered(deliveries: Sequence[Delivery]) -> None:
    """Whoever was acknowledged was told something."""
    silent = [one.payload.get("text") for one in deliveries if one.acked and not one.response]
    assert not silent, f"no answer to: {silent}"
