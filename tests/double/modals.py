"""People in front of modals and the Home tab: they fill, submit, close, click and choose."""

from collections.abc import Mapping
from typing import Any

from tests.double import payloads, state
from tests.double.people import People
from tests.double.rules import ApiError, Json
from tests.double.socket_mode import Delivery
from tests.double.state import Impossible
from tests.double.views import View


class Modals(People):
    """The verbs on what is on a person's screen."""

    def view(self, user: str) -> Json | None:
        """Return the modal in front of somebody, as it stands."""
        top = self.views.top(self._user(user).id)
        return top.json() if top else None

    def home(self, user: str) -> Json | None:
        """Return somebody's Home tab, once published."""
        home = self.views.homes.get(self._user(user).id)
        return home.json() if home else None

    def _top(self, user: str) -> View:
        top = self.views.top(self._user(user).id)
        if top is None:
            raise Impossible(f"no modal is open in front of {user}")
        return top

    def fill(self, user: str, values: Mapping[str, Any]) -> None:
        """Type in the open modal without submitting: `{block_id: value}` or Slack's form."""
        top = self._top(user)
        state.type_in(top.blocks, top.typed, values)

    async def submit(self, user: str, values: Mapping[str, Any] | None = None) -> Delivery:
        """Fill and submit the open modal; `delivery.errors` is what is written under fields."""
        person, view = self._user(user), self._top(user)
        if view.content.get("submit") is None:
            raise Impossible("this modal has no submit button")
        self.fill(user, values or {})
        missing = state.complaints(view.blocks, state.values(view.blocks, view.typed))
        if missing:
            view.errors = missing
            return Delivery("interactive", {}, person.id, sent=False, errors=missing)
        payload = payloads.view_submission(
            person, view.json(), self.views.trigger(person.id, view.id)
        )
        delivery = await self._interact(person, payload)
        if delivery.acked:
            self.obey(view, delivery)
        return delivery

    def obey(self, view: View, delivery: Delivery) -> None:
        """Do what the answer to a submission asks; an answer that cannot be done is an error."""
        obey = {
            "": self._done,
            "clear": self._clear,
            "errors": self._errors,
            "update": self._update,
            "push": self._push,
        }.get(delivery.response_action, self._nonsense)
        try:
            obey(view, delivery)
        except ApiError as error:
            delivery.error = f"dispatch_failed: {error.error} {error.extra.get('errors', '')}"

    def _done(self, view: View, delivery: Delivery) -> None:
        self.views.remove(view)

    def _nonsense(self, view: View, delivery: Delivery) -> None:
        raise ApiError("invalid response_action")

    def _clear(self, view: View, delivery: Delivery) -> None:
        self.views.stacks[view.user] = []

    def _errors(self, view: View, delivery: Delivery) -> None:
        errors = delivery.response.get("errors") or {}
        fields = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not errors or not set(errors) <= fields:
            raise ApiError("errors must name input blocks", errors=sorted(set(errors) - fields))
        view.errors = delivery.errors = errors

    def _update(self, view: View, delivery: Delivery) -> None:
        self.views.update(view, delivery.response.get("view") or {})

    def _push(self, view: View, delivery: Delivery) -> None:
        content = delivery.response.get("view") or {}
        self.views.check(content, "modal")
        self.views.stack(view.user, content)

    async def close_view(self, user: str, *, everything: bool = False) -> Delivery:
        """Press « Cancel », or with `everything` the ✕ which closes the whole stack."""
        person, view = self._user(user), self._top(user)
        stack = self.views.stacks[person.id]
        if everything:
            view = stack[0]
        shown = view.json()
        if everything or view.content.get("clear_on_close"):
            stack.clear()
        else:
            stack.pop()
        if not view.content.get("notify_on_close"):
            return Delivery("interactive", {}, person.id, sent=False)
        return await self._interact(person, payloads.view_closed(person, shown, everything))

    async def click_view(self, user: str, what: str, value: Any = None) -> Delivery:
        """Click a button of the open modal, or choose `value` in one of its menus."""
        return await self._act(user, self._top(user), what, value)

    async def click_home(self, user: str, what: str, value: Any = None) -> Delivery:
        """Click a button of the Home tab, or choose `value` in one of its menus."""
        home = self.views.homes.get(self._user(user).id)
        if home is None:
            raise Impossible(f"the Home tab of {user} is empty")
        return await self._act(user, home, what, value)

    async def _act(self, user: str, view: View, what: str, value: Any) -> Delivery:
        person = self._user(user)
        block, element = payloads.find(view.blocks, what)
        if element in state.stateful(block):
            state.type_in(
                view.blocks, view.typed, {block["block_id"]: {element["action_id"]: value}}
            )
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise Impossible(f"{what!r} is an input without dispatch_action: it sends nothing")
        action = payloads.action(block, element, value, self.world.ts())
        in_modal = view.content["type"] == "modal"
        trigger = self.views.trigger(person.id, view.id if in_modal else None)
        return await self._interact(
            person, payloads.view_action(person, view.json(), action, trigger)
        )

    async def open_home(self, user: str, tab: str = "home") -> Delivery:
        """Open the app's Home tab, or its messages tab."""
        person = self._user(user)
        event: Json = {"type": "app_home_opened", "user": person.id, "tab": tab}
        event |= {"channel": self.world.conversation([person.id]).id}
        event |= {"event_ts": self.world.ts()}
        home = self.views.homes.get(person.id)
        if home is not None and tab == "home":
            event["view"] = home.json()
        return await self._tell(person, "", lambda: self.world.emit(event))
