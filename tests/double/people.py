"""People at work, outside modals: they type commands, write, react, click, come and go.

Each verb does what a client allows, tells the bot what Slack would tell it, waits until that is
acknowledged (or until the deadline), and returns the `Delivery`.  What nobody could do on a
screen (click a button that is not there, write in a closed channel) raises `Impossible`.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from tests.double import extras, payloads
from tests.double.answers import Answers
from tests.double.calls import Context
from tests.double.rules import ApiError, Json
from tests.double.socket_mode import Delivery, SocketMode
from tests.double.state import Impossible
from tests.double.views import Views
from tests.double.world import BOT_USER, Channel, Ephemeral, Message, User, World


class People:
    """The verbs; people and channels are named by id, by handle or by channel name."""

    world: World
    views: Views
    socket: SocketMode
    answers: Answers

    @abstractmethod
    def context(self) -> Context:
        """Return where calls happen."""

    # --- who and where -------------------------------------------------------------------

    def _user(self, who: str) -> User:
        try:
            return self.world.user(who)
        except ApiError:
            raise Impossible(f"nobody is called {who!r}") from None

    def _channel(self, which: str, user: User | None = None) -> Channel:
        try:
            channel = self.world.channel(which)
        except ApiError:
            raise Impossible(f"no channel is called {which!r}") from None
        if user and channel.private and user.id not in channel.members:
            raise Impossible(f"{user.name} cannot see {channel.name or channel.id}")
        return channel

    def _place(self, user: User, channel: str) -> Channel:
        """Return a channel in which somebody may write."""
        place = self._channel(channel, user)
        if place.archived:
            raise Impossible(f"{place.name} is archived")
        if user.id not in place.members:
            raise Impossible(f"{user.name} is not in {place.name}")
        return place

    def _message(self, channel: Channel, ts: str) -> Message:
        if ts not in channel.messages:
            raise Impossible(f"no message {ts} in {channel.name}")
        return channel.messages[ts]

    # --- telling the bot -----------------------------------------------------------------

    async def _interact(self, user: User, payload: Json, kind: str = "interactive") -> Delivery:
        delivery = self.socket.send(Delivery(kind, payload, user.id))
        await delivery.done.wait()
        return delivery

    async def _tell(self, user: User, ts: str, happen: Callable[[], object]) -> Delivery:
        """Let something happen; return the delivery of the event that it caused."""
        before = len(self.socket.deliveries)
        happen()
        caused = self.socket.deliveries[before:]
        if not caused:
            return Delivery("events_api", {}, user.id, ts, sent=False)
        await asyncio.gather(*(delivery.tried.wait() for delivery in caused))
        for delivery in caused:
            delivery.ts = ts
        return caused[0]

    # --- commands and shortcuts ----------------------------------------------------------

    async def command(self, user: str, channel: str, word: str, text: str = "") -> Delivery:
        """Type a slash command; an answer in the acknowledgement is shown to that person."""
        person = self._user(user)
        place = self._place(person, channel)
        text = payloads.escaped(self.world, text)
        trigger, url = self.views.trigger(person.id), self.answers.url(place.id, person.id)
        payload = payloads.command(person, place, word, text, trigger, url)
        delivery = await self._interact(person, payload, "slash_commands")
        if delivery.response:
            delivery.error = self.answers.show(place.id, person.id, delivery.response)
        return delivery

    async def shortcut(
        self, user: str, channel: str = "", ts: str = "", callback_id: str = ""
    ) -> Delivery:
        """Take a shortcut: from a message's menu, or without channel and ts a global one."""
        person = self._user(user)
        trigger = self.views.trigger(person.id)
        if not ts:
            payload = payloads.shortcut(person, callback_id, trigger, self.world.ts())
            return await self._interact(person, payload)
        place = self._channel(channel, person)
        message = self._message(place, ts).json()
        url = self.answers.url(place.id, person.id)
        payload = payloads.message_shortcut(person, place, message, callback_id, trigger, url)
        return await self._interact(person, payload)

    async def click(
        self, user: str, channel: str, ts: str, what: str, value: Any = None
    ) -> Delivery:
        """Click a button of a message (or of an ephemeral), or choose `value` in its menu."""
        person = self._user(user)
        place = self._channel(channel, person)
        shown = self._shown(person, place, ts)
        block, element = payloads.find(shown.blocks, what)
        action = payloads.action(block, element, value, self.world.ts())
        content = shown.json() if isinstance(shown, Message) else {"ts": ts}
        trigger, url = self.views.trigger(person.id), self.answers.url(place.id, person.id, ts)
        payload = payloads.message_action(person, place, content, action, trigger, url)
        return await self._interact(person, payload)

    def _shown(self, user: User, channel: Channel, ts: str) -> Message | Ephemeral:
        for ephemeral in self.world.ephemerals.get(user.id, []):
            if ephemeral.ts == ts:
                return ephemeral
        return self._message(channel, ts)

    # --- writing -------------------------------------------------------------------------

    async def message(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Delivery:
        """Write in a channel, with files (name, bytes) if any; `delivery.ts` is the message."""
        person = self._user(user)
        place = self._place(person, channel)
        message = Message(self.world.ts(), person.id, thread_ts=thread_ts)
        message.text = payloads.escaped(self.world, text)
        message.blocks = payloads.rich(self.world, text) if text else []
        if not files:
            return await self._tell(
                person, message.ts, lambda: self.world.add_message(place, message)
            )
        kept = [self.upload(person.id, name, content) for name, content in files]
        return await self._tell(
            person, message.ts, lambda: extras.share(self.context(), place, message, kept)
        )

    def upload(self, user: str, name: str, content: bytes) -> Json:
        """Hand a file to Slack, as a client does before a message or a form carries it."""
        person = self._user(user)
        id = self.world.new_id("F0")
        upload = {"id": id, "name": name, "length": len(content), "content": content}
        self.world.uploads[id] = upload
        return extras.keep_file(self.context(), {"id": id}, person.id)

    async def dm(self, user: str, text: str) -> Delivery:
        """Write to the bot in private."""
        person = self._user(user)
        return await self.message(user, self.world.conversation([person.id]).id, text)

    async def mention(self, user: str, channel: str, text: str) -> Delivery:
        """Write to the bot in a channel; returns the delivery of `app_mention`."""
        before = len(self.socket.deliveries)
        delivery = await self.message(user, channel, f"<@{BOT_USER}> {text}")
        for other in self.socket.deliveries[before:]:
            if other.event.get("type") == "app_mention":
                return other
        return delivery

    def _own(self, user: str, channel: str, ts: str) -> tuple[User, Channel, Message]:
        person = self._user(user)
        place = self._place(person, channel)
        message = self._message(place, ts)
        if message.user != person.id:
            raise Impossible(f"{ts} is not {person.name}'s message")
        return person, place, message

    async def edit_message(self, user: str, channel: str, ts: str, text: str) -> Delivery:
        """Change what one wrote."""
        person, place, message = self._own(user, channel, ts)
        edited = {"user": person.id, "ts": self.world.ts()}
        said = payloads.escaped(self.world, text)
        blocks = payloads.rich(self.world, text)
        return await self._tell(
            person,
            ts,
            lambda: self.world.edit(
                place, message, person.id, text=said, blocks=blocks, edited=edited
            ),
        )

    async def delete_message(self, user: str, channel: str, ts: str) -> Delivery:
        """Delete what one wrote."""
        person, place, message = self._own(user, channel, ts)
        return await self._tell(person, ts, lambda: self.world.delete(place, message))

    async def delete_file(self, user: str, channel: str, ts: str, file: str) -> Delivery:
        """Delete a file that one had put in a message."""
        person, place, message = self._own(user, channel, ts)
        if file not in [one["id"] for one in message.files]:
            raise Impossible(f"{ts} has no file {file}")
        return await self._tell(
            person, ts, lambda: extras.take_out(self.context(), place, message, file, person.id)
        )

    async def react(
        self, user: str, channel: str, ts: str, name: str, *, remove: bool = False
    ) -> Delivery:
        """React to a message, or take the reaction back."""
        person = self._user(user)
        place = self._place(person, channel)
        message = self._message(place, ts)
        users = message.reactions.setdefault(name, [])
        if (person.id in users) != remove:
            raise Impossible(f"{person.name} has {'not' if remove else 'already'} reacted {name}")
        (users.remove if remove else users.append)(person.id)
        verb = "removed" if remove else "added"
        event = extras.reaction(self.world.ts(), place, message, person.id, name, verb)
        return await self._tell(person, ts, lambda: self.world.emit(event))

    async def pin(self, user: str, channel: str, ts: str) -> Delivery:
        """Pin a message."""
        person = self._user(user)
        place = self._place(person, channel)
        message = self._message(place, ts)
        place.pins.append(ts)
        event = extras.pin(self.world.ts(), place, message, person.id, "added")
        return await self._tell(person, ts, lambda: self.world.emit(event))

    # --- coming and going ----------------------------------------------------------------

    async def join(self, user: str, channel: str) -> Delivery:
        """Enter a channel (private ones too: somebody inside let them in)."""
        person, place = self._user(user), self._channel(channel)
        if person.id in place.members:
            raise Impossible(f"{person.name} is already in {place.name}")
        return await self._tell(person, "", lambda: self.world.join(place, person.id))

    async def leave(self, user: str, channel: str) -> Delivery:
        """Leave a channel."""
        person = self._user(user)
        place = self._place(person, channel)
        return await self._tell(person, "", lambda: self.world.leave(place, person.id))
