"""Modals and Home tabs: triggers that expire, a stack of at most three for each person, hashes.

A trigger is born of each interaction, lives three seconds and serves once.  `views.open` from a
modal stacks on it; from anywhere else it starts a new stack.  What is typed stays typed through
`views.update` where the block and action ids remain the same.
"""

import copy
from dataclasses import dataclass, field

from tests.double import blocks as rules_of_blocks
from tests.double import state
from tests.double.rules import STACK_MAX, ApiError, Json, invalid
from tests.double.world import APP, BOT_ID, TEAM, World


@dataclass
class View:
    """One modal on a screen, or one person's Home."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    typed: state.Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """Return the blocks as stored, all ids filled in."""
        blocks: list[Json] = self.content["blocks"]
        return blocks

    def json(self) -> Json:
        """Return the view as payloads and answers carry it."""
        empty: Json = {"private_metadata": "", "callback_id": "", "external_id": ""}
        if self.content["type"] == "modal":
            empty |= {"submit": None, "close": None}
            empty |= {"clear_on_close": False, "notify_on_close": False}
        return copy.deepcopy(
            {
                **empty,
                **self.content,
                "id": self.id,
                "team_id": TEAM,
                "state": {"values": state.values(self.blocks, self.typed)},
                "hash": self.hash,
                "root_view_id": self.root_id,
                "previous_view_id": self.previous_id,
                "app_id": APP,
                "app_installed_team_id": TEAM,
                "bot_id": BOT_ID,
            }
        )


@dataclass
class Trigger:
    """The right to open one view, for one person, for a moment."""

    user: str
    born: float
    view: str | None
    used: bool = False


class Views:
    """All that people have on their screens from this app."""

    def __init__(self, world: World, trigger_life: float) -> None:
        """Start with empty screens."""
        self._world = world
        self.trigger_life = trigger_life
        self.triggers: dict[str, Trigger] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def trigger(self, user: str, view: str | None = None) -> str:
        """Return a new trigger id for somebody's interaction."""
        id = f"{self._world.new_id('1')}.2.{self._world.new_id('t')}"
        self.triggers[id] = Trigger(user, self._world.now(), view)
        return id

    def top(self, user: str) -> View | None:
        """Return the modal in front of somebody, if any."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def find(self, view_id: str, external_id: str = "") -> View:
        """Return an open modal by one of its ids."""
        for stack in self.stacks.values():
            for view in stack:
                external = view.content.get("external_id")
                if view.id == view_id or (external_id and external == external_id):
                    return view
        raise ApiError("not_found")

    def open(self, trigger_id: str, content: Json) -> View:
        """Serve `views.open`."""
        self.check(content, "modal")
        trigger = self._exchange(trigger_id)
        on_top = trigger.view is not None and self._has(trigger.user, trigger.view)
        if not on_top:
            self.stacks[trigger.user] = []
        return self.stack(trigger.user, content)

    def push(self, trigger_id: str, content: Json) -> View:
        """Serve `views.push`, which needs an open modal under it."""
        self.check(content, "modal")
        trigger = self._exchange(trigger_id)
        if trigger.view is None or not self._has(trigger.user, trigger.view):
            raise ApiError("not_found")
        return self.stack(trigger.user, content)

    def update(self, view: View, content: Json, hash: str = "") -> View:
        """Replace a view's content, unless it changed since the caller saw it."""
        self.check(content, "modal", replacing=view)
        self._conflict(view, hash)
        return self._fill(view, content)

    def publish(self, user: str, content: Json, hash: str = "") -> View:
        """Serve `views.publish`."""
        self.check(content, "home")
        view = self.homes.get(user)
        if view is None:
            view = self.homes[user] = self._new(user, content)
            return view
        self._conflict(view, hash)
        return self._fill(view, content)

    def stack(self, user: str, content: Json) -> View:
        """Put a modal in front of somebody."""
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= STACK_MAX:
            raise ApiError("push_limit_reached")
        view = self._new(user, content)
        if stack:
            view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def remove(self, view: View) -> None:
        """Take one view off the screen, if it is still there."""
        if view in self.stacks.get(view.user, []):
            self.stacks[view.user].remove(view)

    def check(self, content: Json, kind: str, replacing: View | None = None) -> None:
        """Refuse a view that Slack would refuse."""
        problems = rules_of_blocks.validate_view(content)
        if not problems and content["type"] != kind:
            problems = [f"must be a {kind} [json-pointer:/view/type]"]
        if problems:
            raise invalid("invalid_arguments", problems)
        if rules_of_blocks.too_large(content):
            raise ApiError("view_too_large")
        external = content.get("external_id")
        every = [*self.homes.values(), *(v for stack in self.stacks.values() for v in stack)]
        if external and any(
            v is not replacing and v.content.get("external_id") == external for v in every
        ):
            raise ApiError("duplicate_external_id")

    def _has(self, user: str, view_id: str) -> bool:
        return any(view.id == view_id for view in self.stacks.get(user, []))

    def _exchange(self, trigger_id: str) -> Trigger:
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self._world.now() - trigger.born > self.trigger_life:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def _conflict(self, view: View, hash: str) -> None:
        if hash and hash != view.hash:
            raise ApiError("hash_conflict")

    def _new(self, user: str, content: Json) -> View:
        id = self._world.new_id("V0")
        return self._fill(View(id, user, {}, "", id), content)

    def _fill(self, view: View, content: Json) -> View:
        fresh = self._world.new_id("b")
        content = copy.deepcopy(content)
        view.content = content | {"blocks": state.identify(content["blocks"], fresh)}
        view.hash = f"{int(self._world.now())}.{self._world.new_id('h')}"
        kept = state.values(view.blocks, {})
        view.typed = {
            block: {action: v for action, v in actions.items() if action in kept.get(block, {})}
            for block, actions in view.typed.items()
            if block in kept
        }
        view.errors = {}
        return view
